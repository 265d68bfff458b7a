"""The options that a visitor last chose, kept in a cookie of the browser."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from pydantic import ValidationError

from contracts.options import TranscribeOptions

COOKIE = "options"

_MAX_COOKIE_CHARS = 3800
"""Browsers drop a cookie of more than 4096 bytes, its name and attributes included."""

_MAX_JSON_BYTES = 64 * 1024


def to_cookie(chosen: Mapping[str, object]) -> str:
    """Return chosen options as the value of the cookie; leave out a prompt that does not fit."""
    text = json.dumps(chosen, ensure_ascii=False, sort_keys=True)
    value = urlsafe_b64encode(zlib.compress(text.encode(), level=9)).decode()
    if len(value) <= _MAX_COOKIE_CHARS:
        return value
    return to_cookie({name: each for name, each in chosen.items() if name != "prompt"})


def from_cookies(cookies: Mapping[str, str]) -> dict[str, object]:
    """Return the options in the cookie, by name; empty if there are none or they are invalid."""
    try:
        packed = urlsafe_b64decode(str(cookies.get(COOKIE, "")))
        text = zlib.decompressobj().decompress(packed, _MAX_JSON_BYTES)
        options = TranscribeOptions.model_validate_json(text)
    except (ValueError, zlib.error, ValidationError):
        return {}
    return options.model_dump(exclude_unset=True)
