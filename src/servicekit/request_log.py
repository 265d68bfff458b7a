"""Logs and measures each request under its route's template.

The address itself is never logged: it can hold a search or a prompt, which are private.
"""

import time

import structlog
from prometheus_client import CollectorRegistry, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.problems import METHODS

log = structlog.get_logger()

_QUIET_PREFIXES = ("/health", "/metrics", "/v1/models")
"""Routes that programs ask all the time; they are logged at the level `debug`."""


class RequestLogMiddleware:
    """Logs `request_finished` and fills `http_request_duration_seconds`."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._durations = Histogram(
            "http_request_duration_seconds",
            "Time until the end of the response.",
            ["method", "route", "status"],
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, then log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def record_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, record_status)
        finally:
            self._log(scope, status, time.perf_counter() - started)

    def _log(self, scope: Scope, status: int, duration_s: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        # clients may invent methods, and each new label would stay in memory forever
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._durations.labels(method, route, status).observe(duration_s)
        write = log.debug if route.startswith(_QUIET_PREFIXES) else log.info
        write(
            "request_finished",
            method=method,
            route=route,
            status=status,
            duration_s=round(duration_s, 4),
        )
