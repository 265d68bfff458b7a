"""Headers of the tus 1.0.0 protocol.

Source: https://tus.io/protocols/resumable-upload, version 1.0.0; each function names its
section.
"""

import base64
import binascii
import re
from email.utils import format_datetime

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import BadRequestError, UnsupportedMediaError, UnsupportedTusVersionError
from backend.storage.uploads import Announcement, Upload

PREFIX = "/v1/uploads"
VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,expiration"
OFFSET_MEDIA_TYPE = "application/offset+octet-stream"

MAX_METADATA_CHARS = 8192
"""Enough for a name and a few more pairs; it is stored and returned with each HEAD."""

_is_number = re.compile(r"[0-9]{1,18}").fullmatch
_is_key = re.compile(r"[\x21-\x2b\x2d-\x7e]+").fullmatch
_NAME_KEYS = ("filename", "name")
_OVERRIDES = ("PATCH", "DELETE", "HEAD")


class TusMiddleware:
    """Applies the core protocol to all requests under `PREFIX`.

    Every response names the version, error responses too; clients that cannot send PATCH or
    DELETE send POST and name the method in a header.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request with its intended method."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        method = Headers(scope=scope).get("X-HTTP-Method-Override")
        if method in _OVERRIDES and scope["method"] == "POST":
            scope["method"] = method

        async def add_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers["Tus-Resumable"] = VERSION
                headers["Tus-Version"] = VERSION
            await send(message)

        await self._app(scope, receive, add_version)


def require_version(request: Request) -> None:
    """Refuse a client of another version (Core, "Tus-Resumable")."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise UnsupportedTusVersionError(f"The header Tus-Resumable must be {VERSION}.")


def has_content(request: Request) -> bool:
    """Return whether a request has a piece of the file (Creation With Upload)."""
    return request.headers.get("Content-Type") == OFFSET_MEDIA_TYPE


def require_content(request: Request) -> None:
    """Refuse a body that is not declared as a piece of a file (Core, "PATCH")."""
    if not has_content(request):
        raise UnsupportedMediaError(f"The header Content-Type must be {OFFSET_MEDIA_TYPE}.")


def offset_of(request: Request) -> int:
    """Return the byte at which the client continues (Core, "Upload-Offset")."""
    return _number(request, "Upload-Offset")


def announcement_of(request: Request, owner: str) -> Announcement:
    """Return the properties of the announced file (Creation).

    Raises: BadRequestError: no length, or metadata that is too long or invalid.
    """
    length = _number(request, "Upload-Length")
    raw = request.headers.get("Upload-Metadata")
    if raw and len(raw) > MAX_METADATA_CHARS:
        raise BadRequestError(
            f"The header Upload-Metadata is longer than {MAX_METADATA_CHARS} characters."
        )
    metadata = parse_metadata(raw) if raw else {}
    name = next((metadata[key] for key in _NAME_KEYS if metadata.get(key)), None)
    return Announcement(length=length, owner=owner, name=name, metadata=raw or None)


def parse_metadata(raw: str) -> dict[str, str]:
    """Return the pairs of `Upload-Metadata`, with decoded values (Creation).

    Raises: BadRequestError: a key is repeated, empty or not ASCII; a value is not Base64 of
        UTF-8.
    """
    pairs: dict[str, str] = {}
    for pair in raw.split(","):
        key, _, value = pair.strip(" ").partition(" ")
        if not _is_key(key) or key in pairs:
            raise BadRequestError("The header Upload-Metadata has an invalid key.")
        try:
            pairs[key] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise BadRequestError("The header Upload-Metadata has an invalid value.") from error
    return pairs


def progress_headers(upload: Upload) -> dict[str, str]:
    """Return the headers for an upload's offset and expiry (Core; Expiration)."""
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


def _number(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not _is_number(value):
        raise BadRequestError(f"The header {header} must be a number of bytes.")
    return int(value)
