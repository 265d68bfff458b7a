"""The headers of tus in the OpenAPI document, which FastAPI does not derive from the routes."""

from typing import Any

from backend.routes import tus
from backend.storage.checksum import ALGORITHMS

_INTEGER = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}

_REQUEST_HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    "Tus-Resumable": ({"type": "string", "enum": [tus.VERSION]}, "Version of the protocol."),
    "Upload-Length": (_INTEGER, "Bytes of the whole file."),
    "Upload-Defer-Length": (
        {"type": "integer", "enum": [1]},
        "Instead of `Upload-Length`, which a later request announces.",
    ),
    "Upload-Metadata": (
        _TEXT,
        "Comma-separated keys, each with its value in Base64; `filename` names the recording.",
    ),
    "Upload-Concat": (
        _TEXT,
        "`partial` for a part of a file; `final;` and the parts' addresses to concatenate them.",
    ),
    "Upload-Offset": (_INTEGER, "Byte at which the body begins."),
    "Upload-Checksum": (
        _TEXT,
        f"Algorithm ({', '.join(ALGORITHMS)}), a space, and the body's digest in Base64.",
    ),
}

_RESPONSE_HEADERS: dict[str, tuple[dict[str, Any], str]] = {
    "Location": (_TEXT, "Address of the upload."),
    "Tus-Resumable": (_TEXT, "Version of the protocol."),
    "Tus-Version": (_TEXT, "Supported versions."),
    "Tus-Extension": (_TEXT, "Supported extensions."),
    "Tus-Max-Size": (_INTEGER, "Bytes of the largest accepted file."),
    "Tus-Checksum-Algorithm": (_TEXT, "Supported algorithms of `Upload-Checksum`."),
    "Upload-Offset": (_INTEGER, "Bytes received."),
    "Upload-Length": (_INTEGER, "Bytes of the whole file, if they are announced."),
    "Upload-Defer-Length": (_INTEGER, "1 if the length is not announced yet."),
    "Upload-Metadata": (_TEXT, "As it was announced."),
    "Upload-Concat": (_TEXT, "As it was announced."),
    "Upload-Expires": (_TEXT, "When the upload is removed, if no further byte arrives."),
}

_VERSION = ("Tus-Resumable", "Tus-Version")

BODY = {
    "content": {tus.OFFSET_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}


def parameters(*optional: str, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an operation's `parameters`; every request names the version."""
    names = ("Tus-Resumable", *required, *optional)
    return {
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": name not in optional,
                "schema": _REQUEST_HEADERS[name][0],
                "description": _REQUEST_HEADERS[name][1],
            }
            for name in names
        ]
    }


def headers(*names: str) -> dict[str, Any]:
    """Return the `headers` of a response; every response names the version."""
    return {
        "headers": {
            name: {"schema": _RESPONSE_HEADERS[name][0], "description": _RESPONSE_HEADERS[name][1]}
            for name in (*_VERSION, *names)
        }
    }
