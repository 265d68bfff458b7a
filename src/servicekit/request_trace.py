"""Traces each request under its route's template; addresses may be private."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit import tracing
from servicekit.problems import METHODS

_QUIET_PREFIXES = ("/health", "/metrics")
"""Routes that programs ask all the time; they are not traced."""


class RequestTraceMiddleware:
    """Makes each request a span, of its client's trace if it has one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request within its span."""
        if scope["type"] != "http" or scope["path"].startswith(_QUIET_PREFIXES):
            await self._app(scope, receive, send)
            return

        async def record_status(message: Message) -> None:
            if message["type"] == "http.response.start":
                tracing.annotate({"http.response.status_code": message["status"]})
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        parent = Headers(scope=scope).get(tracing.TRACEPARENT)
        with tracing.continued_trace(method, parent, "SERVER", {"http.request.method": method}):
            try:
                await self._app(scope, receive, record_status)
            finally:
                route = getattr(scope.get("route"), "path", "unknown")
                tracing.annotate({"http.route": route}, name=f"{method} {route}")
