"""Every error answer of a service is made here, as `application/problem+json`."""

from collections.abc import Mapping
from typing import Any

import structlog
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from contracts.problems import PROBLEM_MEDIA_TYPE, InvalidField, Problem, ProblemType
from servicekit.errors import ServiceError

log = structlog.get_logger()

REQUEST_ID_HEADER = "X-Request-ID"
_FRAMEWORK_STATUSES = {
    404: ProblemType.NOT_FOUND,
    405: ProblemType.METHOD_NOT_ALLOWED,
    413: ProblemType.TOO_LARGE,
}


def problem_responses(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return what a route declares in OpenAPI for the problems it can answer with."""
    by_status: dict[int | str, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(f"`{kind.uri}`: {kind.title}")
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": "; ".join(lines), "content": content}
        for status, lines in by_status.items()
    }


def declare_problem_schema(app: FastAPI) -> None:
    """Put the schema that `problem_responses` refers to into the app's OpenAPI.

    FastAPI would do so for a response's `model`, but declare it as `application/json` too.
    """
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        nested = schema.pop("$defs")
        document.setdefault("components", {}).setdefault("schemas", {}).update(
            {**nested, Problem.__name__: schema}
        )
        return document

    app.openapi = openapi


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every exception that leaves a route with a problem."""
    app.add_exception_handler(ServiceError, answer_service_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_exception_handler(HTTPException, _answer_framework_error)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    app.add_exception_handler(Exception, _answer_unexpected_error)


def _answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    problem.request_id = correlation_id.get()
    return Response(
        problem.model_dump_json(exclude_none=True),
        status_code=problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=headers,
    )


async def answer_service_error(request: Request, error: Exception) -> Response:
    """Answer an error of the service's own tree."""
    assert isinstance(error, ServiceError)
    problem = error.to_problem()
    log.info("problem_answered", type=problem.type, status=problem.status, cause=_cause(error))
    return _answer(problem, error.headers)


def _cause(error: Exception) -> str | None:
    return repr(error.__cause__) if error.__cause__ and _is_ours(error) else None


def _is_ours(error: Exception) -> bool:
    return isinstance(error, ServiceError) and error.problem_type.status >= 500


async def _answer_invalid_request(request: Request, error: Exception) -> Response:
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
    return _answer(problem)


def _pointer(location: tuple[str | int, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of pydantic's location, less where FastAPI found it."""
    names = location[1:] if location and location[0] in ("body", "query", "path") else location
    return "".join(f"/{str(name).replace('~', '~0').replace('/', '~1')}" for name in names)


async def _answer_framework_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = _FRAMEWORK_STATUSES.get(error.status_code, ProblemType.BAD_REQUEST)
    problem = Problem(
        type=kind.uri, title=kind.title, status=error.status_code, detail=str(error.detail)
    )
    return _answer(problem, error.headers)


async def _answer_nobody(request: Request, error: Exception) -> Response:
    """Close a request whose client has gone: no failure of ours, and nobody reads it."""
    return Response(status_code=400)


async def _answer_unexpected_error(request: Request, error: Exception) -> Response:
    kind = ProblemType.INTERNAL
    problem = Problem(
        type=kind.uri,
        title=kind.title,
        status=kind.status,
        detail="The service's log has the cause under this request id.",
    )
    # the server's outermost layer answers this one, past the middleware that adds the header
    return _answer(problem, {REQUEST_ID_HEADER: correlation_id.get() or ""})
