"""Answers paths with control characters, which no resource has."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.problems import ProblemType
from servicekit.errors import ServiceError
from servicekit.problems import refusal_response

_has_control_character = re.compile(r"[\x00-\x1f\x7f]").search


class NoSuchPathError(ServiceError):
    """No resource can have this path."""

    problem_type = ProblemType.NOT_FOUND


class PathMiddleware:
    """Refuses paths with control characters: SQLite ignores a NUL at the end of an id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or refuse it."""
        if scope["type"] == "http" and _has_control_character(scope["path"]):
            error = NoSuchPathError("The path has a control character.")
            response = await refusal_response(scope, error)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)
