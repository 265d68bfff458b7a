"""Headers of the tus 1.0.0 protocol.

Source: https://tus.io/protocols/resumable-upload, version 1.0.0; each function names its
section.
"""

import base64
import binascii
import re
from email.utils import format_datetime
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import (
    BadRequestError,
    UnsupportedMediaError,
    UnsupportedTusVersionError,
    UploadNotFoundError,
)
from backend.storage.checksum import ALGORITHMS, Checksum
from backend.storage.files import is_id
from backend.storage.upload_state import PARTIAL, Announcement, Upload
from servicekit import tracing

PREFIX = "/v1/uploads"
VERSION = "1.0.0"
EXTENSIONS = (
    "creation,creation-defer-length,creation-with-upload,"
    "termination,expiration,checksum,concatenation"
)
DESCRIPTION = ("Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm")
OFFSET_MEDIA_TYPE = "application/offset+octet-stream"

MAX_METADATA_CHARS = 8192
"""Enough for a name and a few more pairs; it is stored and returned with each HEAD."""

MAX_CONCAT_CHARS = 32_768
"""Enough for several hundred addresses."""

_is_number = re.compile(r"[0-9]{1,18}").fullmatch
_is_key = re.compile(r"[\x21-\x2b\x2d-\x7e]+").fullmatch
_NAME_KEYS = ("filename", "name")
_FINAL = "final;"
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


def length_of(request: Request) -> int | None:
    """Return the length that a client announces with a piece (Creation), or None."""
    return _number(request, "Upload-Length") if "Upload-Length" in request.headers else None


def checksum_of(request: Request) -> Checksum | None:
    """Return the checksum of the body (Checksum), or None without one.

    Raises: BadRequestError: the algorithm is unknown, or the digest is not Base64.
    """
    value = request.headers.get("Upload-Checksum")
    if value is None:
        return None
    algorithm, _, encoded = value.partition(" ")
    if algorithm not in ALGORITHMS:
        raise BadRequestError(f"Upload-Checksum supports {', '.join(ALGORITHMS)}.")
    try:
        return Checksum(algorithm, base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError) as error:
        raise BadRequestError("The header Upload-Checksum has an invalid value.") from error


def announcement_of(request: Request, owner: str) -> Announcement:
    """Return the properties of the announced file (Creation; Concatenation).

    Raises:
        BadRequestError: no length, or a header that is too long or invalid.
        UploadNotFoundError: a part has no address of an upload.
    """
    raw = request.headers.get("Upload-Metadata")
    if raw and len(raw) > MAX_METADATA_CHARS:
        raise BadRequestError(
            f"The header Upload-Metadata is longer than {MAX_METADATA_CHARS} characters."
        )
    metadata = parse_metadata(raw) if raw else {}
    concat = request.headers.get("Upload-Concat")
    if concat and len(concat) > MAX_CONCAT_CHARS:
        raise BadRequestError(
            f"The header Upload-Concat is longer than {MAX_CONCAT_CHARS} characters."
        )
    parts = parse_concat(concat) if concat else []
    return Announcement(
        length=None if parts else _announced_length(request),
        owner=owner,
        name=next((metadata[key] for key in _NAME_KEYS if metadata.get(key)), None),
        metadata=raw or None,
        concat=concat or None,
        parts=parts,
        traceparent=tracing.traceparent(),
    )


def _announced_length(request: Request) -> int | None:
    """Return the length; None if the client defers it (Creation, "Upload-Defer-Length")."""
    deferred = request.headers.get("Upload-Defer-Length")
    if deferred is None:
        return _number(request, "Upload-Length")
    if deferred != "1" or "Upload-Length" in request.headers:
        raise BadRequestError("Send either Upload-Length, or Upload-Defer-Length with the value 1.")
    return None


def parse_concat(value: str) -> list[str]:
    """Return the ids of the parts that `Upload-Concat` names; none for a part itself.

    Raises:
        BadRequestError: it is neither `partial` nor `final;` with addresses.
        UploadNotFoundError: an address is none of an upload.
    """
    if value == PARTIAL:
        return []
    addresses = value.removeprefix(_FINAL).split()
    if not value.startswith(_FINAL) or not addresses:
        raise BadRequestError("Upload-Concat must be `partial`, or `final;` and the parts.")
    ids = [urlsplit(address).path.rstrip("/").rpartition("/")[2] for address in addresses]
    if not all(map(is_id, ids)):
        raise UploadNotFoundError("A part is not found.")
    return ids


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


def description_headers(max_bytes: int) -> dict[str, str]:
    """Return the headers `DESCRIPTION` for what the server supports (Core, "OPTIONS")."""
    values = (EXTENSIONS, str(max_bytes), ",".join(ALGORITHMS))
    return dict(zip(DESCRIPTION, values, strict=True))


def progress_headers(upload: Upload) -> dict[str, str]:
    """Return the headers for an upload's offset and expiry (Core; Expiration)."""
    return {
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }


def state_headers(upload: Upload) -> dict[str, str]:
    """Return the headers for all that is known of an upload (Core; Creation; Concatenation)."""
    announcement = upload.announcement
    length = "Upload-Defer-Length" if upload.length is None else "Upload-Length"
    headers = {
        length: "1" if upload.length is None else str(upload.length),
        "Upload-Metadata": announcement.metadata,
        "Upload-Concat": announcement.concat,
        **progress_headers(upload),
    }
    return {name: value for name, value in headers.items() if value is not None}


def _number(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not _is_number(value):
        raise BadRequestError(f"The header {header} must be a number of bytes.")
    return int(value)
