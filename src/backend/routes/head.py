"""HEAD for every GET route: the same headers without a body (RFC 9110, section 9.3.2)."""

from contextlib import suppress
from functools import partial

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.routes import tus


class _HeadersSentError(Exception):
    """The headers are sent, and the client needs no body."""


class HeadMiddleware:
    """Handles HEAD as GET, except for uploads, where tus defines HEAD.

    `Allow` names HEAD wherever it names GET.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle HEAD as GET, and stop before a body is sent."""
        if scope["type"] != "http" or _is_upload(scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope["method"] != "HEAD":
            await self._app(scope, receive, partial(_allow_head, send))
            return

        async def send_headers_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                return
            await send({"type": "http.response.body"})
            # an event stream would never end, and a recording would be read for nothing
            raise _HeadersSentError

        with suppress(_HeadersSentError):
            await self._app({**scope, "method": "GET"}, receive, send_headers_only)


async def _allow_head(send: Send, message: Message) -> None:
    if message.get("status") == 405:
        headers = MutableHeaders(raw=message["headers"])
        methods = headers.get("Allow", "").split(", ")
        if "GET" in methods:
            headers["Allow"] = ", ".join(["GET", "HEAD", *methods[1:]])
    await send(message)


def _is_upload(path: str) -> bool:
    return path.startswith(tus.PREFIX)
