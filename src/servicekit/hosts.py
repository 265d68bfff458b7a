"""Refuses requests that other sites make through a visitor's browser."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.hosts import SAFE_METHODS, AllowedHosts, is_cross_origin
from contracts.problems import ProblemType
from servicekit.errors import ServiceError
from servicekit.problems import refusal_response


class UnknownHostError(ServiceError):
    """The request's host is none of this service's names."""

    problem_type = ProblemType.UNKNOWN_HOST


class CrossOriginError(ServiceError):
    """A page of another origin tries to change something."""

    problem_type = ProblemType.CROSS_ORIGIN


class HostsMiddleware:
    """Checks `Host`, and for methods that change something also the origin.

    Args:
        allowed_origins: origins of other pages that may call the service.
    """

    def __init__(
        self, app: ASGIApp, hosts: AllowedHosts, allowed_origins: Collection[str] = ()
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or refuse it."""
        error = self._check(scope) if scope["type"] == "http" else None
        if error is None:
            await self._app(scope, receive, send)
            return
        response = await refusal_response(scope, error)
        await response(scope, receive, send)

    def _check(self, scope: Scope) -> ServiceError | None:
        headers = Headers(scope=scope)
        if not self._hosts.allows(headers.get("host")):
            return UnknownHostError("Add the host of this address to ALLOWED_HOSTS.")
        if scope["method"] not in SAFE_METHODS and is_cross_origin(headers, self._allowed_origins):
            return CrossOriginError("Pages of other origins may not change anything.")
        return None
