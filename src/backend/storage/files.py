"""A received recording, and how its name is made fit to be shown."""

import re
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MAX_NAME_CHARS = 255
"""Characters; what common file systems allow, so that a name can be saved again."""

NAMELESS = "recording"
"""Stands for a name that is missing, or of which nothing is left."""

_MAX_SUFFIX_CHARS = 16
_is_id = re.compile(r"[0-9a-f]{32}").fullmatch
_bidi_controls = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_hidden_categories = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class StoredFile:
    """A recording that has arrived whole.

    Attributes:
        path: where it lies, under a name of our own.
        name: the client's name for it, fit to be shown; see `display_name`.
        sha256: of the content, hexadecimal.
    """

    path: Path
    name: str
    size_bytes: int
    sha256: str


def new_id() -> str:
    """Return a name for a file or an upload that nobody can guess."""
    return uuid.uuid4().hex


def is_id(text: str) -> bool:
    """Tell whether a text could have come from `new_id`; such a text is safe in a path."""
    return _is_id(text) is not None


def display_name(client_name: str | None) -> str:
    """Return a client's file name without folders, controls and tricks.

    Returns: 1 to `MAX_NAME_CHARS` characters in NFC; the extension survives a cut.
    """
    last_part = re.split(r"[/\\]", client_name or "")[-1]
    visible = "".join(c for c in last_part if not _is_hidden(c))
    name = unicodedata.normalize("NFC", visible).strip()
    if not name.strip("."):
        return NAMELESS
    suffix = PurePosixPath(name).suffix
    if len(name) <= MAX_NAME_CHARS or len(suffix) > _MAX_SUFFIX_CHARS:
        return name[:MAX_NAME_CHARS]
    return name[: MAX_NAME_CHARS - len(suffix)] + suffix


def _is_hidden(character: str) -> bool:
    return character in _bidi_controls or unicodedata.category(character) in _hidden_categories
