"""One line and one measurement a request, with the route's template, never the address.

An address can hold a search or a prompt; those are private and stay out of every log.
"""

import time

import structlog
from prometheus_client import CollectorRegistry, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

_QUIET_PREFIXES = ("/health", "/metrics")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestLogMiddleware:
    """Logs `request_finished` and fills `http_request_duration_seconds`."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._durations = Histogram(
            "http_request_duration_seconds",
            "Time to the end of the answer.",
            ["method", "route", "status"],
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, then tell how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def remember_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, remember_status)
        finally:
            self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, duration_s: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        # a client may invent methods, and each new label would stay in memory for good
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._durations.labels(method, route, status).observe(duration_s)
        say = log.debug if route.startswith(_QUIET_PREFIXES) else log.info
        say(
            "request_finished",
            method=method,
            route=route,
            status=status,
            duration_s=round(duration_s, 4),
        )
