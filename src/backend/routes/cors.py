"""Calls from web pages of other origins (CORS)."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from servicekit.problems import METHODS

_EXPOSED_HEADERS = (
    "Content-Disposition",
    "Location",
    "Retry-After",
    "Tus-Checksum-Algorithm",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Resumable",
    "Tus-Version",
    "Upload-Concat",
    "Upload-Defer-Length",
    "Upload-Expires",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "WWW-Authenticate",
    "X-Request-ID",
)
"""Headers that a page may read; without them no tus client in a browser can resume."""


def install_cors(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these origins call the app; preflight requests need no key.

    Keys are sent in headers, never in cookies, so credentials are not allowed.
    """
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=["*"],
            expose_headers=_EXPOSED_HEADERS,
        )
