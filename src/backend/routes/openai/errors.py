"""Errors in OpenAI's format, which its clients turn into exceptions by status and code."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from contracts.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemType
from servicekit.errors import ServiceError, UnknownModelError
from servicekit.problems import (
    CLIENT_CLOSED_REQUEST,
    framework_headers,
    framework_problem,
    handle_service_error,
    problem_response,
)

log = structlog.get_logger()

DO_NOT_RETRY = {"x-should-retry": "false"}
"""Stops OpenAI's clients, which would retry after 409 and 5xx."""

_CODES = {
    ProblemType.UNAUTHORIZED.uri: "invalid_api_key",
    ProblemType.AUDIO_QUOTA.uri: "insufficient_quota",
    ProblemType.STORAGE_QUOTA.uri: "insufficient_quota",
    ProblemType.QUEUE_FULL.uri: "rate_limit_exceeded",
    ProblemType.TOO_MANY_WRONG_KEYS.uri: "rate_limit_exceeded",
}
_TYPES = {429: "rate_limit_error"}


class ErrorDetail(BaseModel):
    """The error; `param` is the invalid field."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorAnswer(BaseModel):
    """Body of every error response of OpenAI's API."""

    error: ErrorDetail


class NotAFormError(ServiceError):
    """The body is not a form; unlike a file that is not audio, this stays 415."""

    problem_type = ProblemType.UNSUPPORTED_MEDIA


class OpenAiRoute(APIRoute):
    """A route that reports its errors in OpenAI's format."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with its errors turned into responses."""
        handle = super().get_route_handler()

        async def handle_errors(request: Request) -> Response:
            try:
                return await handle(request)
            except ClientDisconnect:  # nobody reads the response; the log and the metrics count it
                return Response(status_code=CLIENT_CLOSED_REQUEST)
            except ServiceError as error:
                return _service_error_response(error)
            except RequestValidationError as error:
                return _invalid_field_response(error)
            except Exception:
                log.exception("openai_request_failed")
                return error_response(
                    ServiceError("See the service's log for the cause.").to_problem()
                )

        return handle_errors


def install_openai_errors(app: FastAPI) -> None:
    """Add OpenAI's form to errors that occur outside of its routes."""
    app.add_exception_handler(HTTPException, _handle_framework_error)
    app.add_exception_handler(ServiceError, _handle_service_error)


async def _handle_service_error(request: Request, error: Exception) -> Response:
    """Answer in the form of the API that the path belongs to; `/v1/models` belongs to both."""
    assert isinstance(error, ServiceError)
    path = request.url.path
    if path.startswith("/v1/audio/"):
        return _service_error_response(error)
    if path == "/v1/models" or path.startswith("/v1/models/"):
        problem = error.to_problem()
        log.info("problem_response", type=problem.type, status=problem.status)
        answer = (
            _error(404, error.detail, "model", "model_not_found")
            if isinstance(error, UnknownModelError)
            else error_body(problem)
        )
        return _both_forms(problem, answer, error.headers)
    return await handle_service_error(request, error)


async def _handle_framework_error(request: Request, error: Exception) -> Response:
    """Answer unknown paths and methods below `/v1` in both forms: OpenAI's clients ask for more."""
    assert isinstance(error, HTTPException)
    problem, headers = framework_problem(error), framework_headers(request, error)
    if request.url.path.startswith("/v1/"):
        return _both_forms(problem, error_body(problem), headers)
    return problem_response(problem, headers)


def _both_forms(problem: Problem, answer: ErrorAnswer, headers: Mapping[str, str]) -> Response:
    """Return a problem with OpenAI's `error` as an extension member of RFC 9457."""
    body = problem.model_copy(update={"request_id": correlation_id.get()})
    content = body.model_dump(exclude_none=True) | answer.model_dump()
    return JSONResponse(content, problem.status, headers, PROBLEM_MEDIA_TYPE)


def error_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response for a problem."""
    return JSONResponse(
        error_body(problem).model_dump(), status_code=_status_of(problem), headers=headers
    )


def error_body(problem: Problem) -> ErrorAnswer:
    """Return a problem in OpenAI's format; its code is the last part of the problem's type."""
    code = _CODES.get(problem.type) or problem.type.rpartition("/")[2].replace("-", "_")
    return _error(_status_of(problem), problem.detail, None, code)


def _status_of(problem: Problem) -> int:
    """Return a problem's status; OpenAI's API answers 400 to a file that is not audio."""
    return 400 if problem.type == ProblemType.UNSUPPORTED_MEDIA.uri else problem.status


def error_responses(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return a route's OpenAPI responses for the problems that it can report."""
    by_status: dict[int | str, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind.title)
    return {
        status: {"description": "; ".join(titles), "model": ErrorAnswer}
        for status, titles in by_status.items()
    }


def _service_error_response(error: ServiceError) -> Response:
    if isinstance(error, UnknownModelError):
        return _response(404, error.detail, "model", "model_not_found")
    if isinstance(error, NotAFormError):
        return _response(415, error.detail, None, "unsupported_media")
    problem = error.to_problem()
    log.info("problem_response", type=problem.type, status=problem.status)
    return error_response(problem, error.headers)


def _invalid_field_response(error: RequestValidationError) -> Response:
    """Report the first invalid field: the format has no place for more."""
    first, *_ = error.errors()
    param = str(first["loc"][1]).removesuffix("[]") if len(first["loc"]) > 1 else None
    return _response(400, f"{param}: {first['msg']}", param, "invalid_value")


def _response(status: int, message: str, param: str | None, code: str) -> Response:
    return JSONResponse(_error(status, message, param, code).model_dump(), status_code=status)


def _error(status: int, message: str, param: str | None, code: str) -> ErrorAnswer:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    detail = ErrorDetail(message=message, type=_TYPES.get(status, kind), param=param, code=code)
    return ErrorAnswer(error=detail)
