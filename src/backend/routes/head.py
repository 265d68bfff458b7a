"""HEAD for whatever can be had by GET: the same headers, and no body (RFC 9110, 9.3.2)."""

from contextlib import suppress

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.routes import tus


class _AnsweredError(Exception):
    """The client has all that it asked for."""


class HeadMiddleware:
    """Answers HEAD as GET would be; under tus's prefix HEAD has a meaning of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass HEAD on as GET, and stop whatever begins to send a body."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or _is_upload(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def send_headers_only(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                return
            await send({"type": "http.response.body"})
            # an event stream would never end, and a recording would be read for nobody
            raise _AnsweredError

        with suppress(_AnsweredError):
            await self._app({**scope, "method": "GET"}, receive, send_headers_only)


def _is_upload(path: str) -> bool:
    return path.startswith(tus.PREFIX)
