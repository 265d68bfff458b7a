"""Refuse requests and WebSocket connections that other sites make through a visitor's browser."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.hosts import SAFE_METHODS, AllowedHosts, is_cross_origin
from contracts.problems import ProblemType
from frontend.problem_response import problem_response

_POLICY_VIOLATION = 1008


class HostsMiddleware:
    """Check `Host`, and for WebSockets and methods that change something also the origin."""

    def __init__(self, app: ASGIApp, hosts: AllowedHosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or refuse it."""
        kind = self._check(scope) if scope["type"] in ("http", "websocket") else None
        if kind is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            detail = (
                "Add the host of this address to ALLOWED_HOSTS."
                if kind is ProblemType.UNKNOWN_HOST
                else "Only the page itself may make this request."
            )
            await problem_response(kind, detail)(scope, receive, send)

    def _check(self, scope: Scope) -> ProblemType | None:
        headers = Headers(scope=scope)
        if not self._hosts.allows(headers.get("host")):
            return ProblemType.UNKNOWN_HOST
        is_safe = scope["type"] == "http" and scope["method"] in SAFE_METHODS
        if not is_safe and is_cross_origin(headers):
            return ProblemType.CROSS_ORIGIN
        return None
