"""Error responses as `application/problem+json`."""

from collections.abc import Mapping
from typing import Any

import structlog
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Scope

from contracts.problems import PROBLEM_MEDIA_TYPE, InvalidField, Problem, ProblemType
from servicekit.errors import ServiceError

log = structlog.get_logger()

REQUEST_ID_HEADER = "X-Request-ID"

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""The methods of HTTP that a route may have."""

CLIENT_CLOSED_REQUEST = 499
"""nginx's status of a request whose client has disconnected."""

_FRAMEWORK_STATUSES = {
    404: ProblemType.NOT_FOUND,
    405: ProblemType.METHOD_NOT_ALLOWED,
    413: ProblemType.TOO_LARGE,
}


def problem_responses(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return a route's OpenAPI responses for the problems that it can report."""
    by_status: dict[int | str, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(f"`{kind.uri}`: {kind.title}")
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": "; ".join(lines), "content": content}
        for status, lines in by_status.items()
    }


def install_problem_handlers(app: FastAPI) -> None:
    """Turn every exception that a route raises into a problem response."""
    app.add_exception_handler(ServiceError, handle_service_error)
    app.add_exception_handler(RequestValidationError, _handle_invalid_request)
    app.add_exception_handler(HTTPException, _handle_framework_error)
    app.add_exception_handler(ClientDisconnect, _handle_disconnect)
    app.add_exception_handler(Exception, _handle_unexpected_error)


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response for a problem."""
    problem.request_id = correlation_id.get()
    return Response(
        problem.model_dump_json(exclude_none=True),
        status_code=problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=headers,
    )


async def handle_service_error(request: Request, error: Exception) -> Response:
    """Respond to an error of the service's exception tree."""
    assert isinstance(error, ServiceError)
    problem = error.to_problem()
    log.info("problem_response", type=problem.type, status=problem.status, cause=_cause(error))
    return problem_response(problem, error.headers)


async def refusal_response(scope: Scope, error: ServiceError) -> Response:
    """Return the response to a request that is refused before the routes, in the app's form."""
    request = Request(scope)
    return await request.app.exception_handlers[ServiceError](request, error)


def _cause(error: ServiceError) -> str | None:
    is_server_error = error.problem_type.status >= 500
    return repr(error.__cause__) if error.__cause__ and is_server_error else None


async def _handle_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    kind = ProblemType.INVALID_OPTION
    fields = [
        InvalidField(pointer=_pointer(line["loc"]), detail=line["msg"]) for line in error.errors()
    ]
    problem = Problem(
        type=kind.uri,
        title=kind.title,
        status=kind.status,
        detail="; ".join(f"{field.pointer}: {field.detail}" for field in fields),
        errors=fields,
    )
    return problem_response(problem)


def _pointer(location: tuple[str | int, ...]) -> str:
    """Return a location of pydantic as a JSON pointer (RFC 6901) into the body or query."""
    names = location[1:] if location and location[0] in ("body", "query", "path") else location
    return "".join(f"/{str(name).replace('~', '~0').replace('/', '~1')}" for name in names)


async def _handle_framework_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem_response(framework_problem(error), framework_headers(request, error))


def framework_problem(error: HTTPException) -> Problem:
    """Return the problem for an error that the framework raises, such as an unknown path."""
    kind = _FRAMEWORK_STATUSES.get(error.status_code, ProblemType.BAD_REQUEST)
    return Problem(
        type=kind.uri, title=kind.title, status=error.status_code, detail=str(error.detail)
    )


def framework_headers(request: Request, error: HTTPException) -> Mapping[str, str]:
    """Return the headers of its response; `Allow` has the methods of all routes of the path.

    Starlette names those of the first one. Source: RFC 9110, section 15.5.6.
    """
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(method for method in METHODS if _has_route(request, method))
    return headers


def _has_route(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


async def _handle_disconnect(request: Request, error: Exception) -> Response:
    """Close the request of a client that hung up; no one reads the response."""
    return Response(status_code=CLIENT_CLOSED_REQUEST)


async def _handle_unexpected_error(request: Request, error: Exception) -> Response:
    kind = ProblemType.INTERNAL
    problem = Problem(
        type=kind.uri,
        title=kind.title,
        status=kind.status,
        detail="See the service's log for this request id.",
    )
    # Starlette sends this response outside of the middleware that adds the header
    return problem_response(problem, {REQUEST_ID_HEADER: correlation_id.get() or ""})
