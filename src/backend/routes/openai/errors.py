"""Errors in OpenAI's form, which its clients turn into exceptions by status and code."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from contracts.jobs import Job
from contracts.problems import Problem, ProblemType
from servicekit.errors import ServiceError

log = structlog.get_logger()

DO_NOT_RETRY = {"x-should-retry": "false"}
"""OpenAI's clients send anew what failed with 409 or 5xx, unless told that it is of no use."""

_CODES = {
    ProblemType.UNAUTHORIZED.uri: "invalid_api_key",
    ProblemType.QUEUE_FULL.uri: "rate_limit_exceeded",
}
_TYPES = {429: "rate_limit_error"}


class ErrorDetail(BaseModel):
    """What went wrong; `param` is the field at fault."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorAnswer(BaseModel):
    """Body of every error answer of OpenAI's API."""

    error: ErrorDetail


class UnknownModelError(ServiceError):
    """The model asked for is none of those that are listed."""

    problem_type = ProblemType.NOT_FOUND


class OpenAiRoute(APIRoute):
    """A route whose errors are answered in OpenAI's form."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        """Return the handler, with what it raises turned into answers."""
        handle = super().get_route_handler()

        async def handle_or_tell(request: Request) -> Response:
            try:
                return await handle(request)
            except UnknownModelError as error:
                return _answer(404, error.detail, "model", "model_not_found")
            except ServiceError as error:
                problem = error.to_problem()
                log.info("problem_answered", type=problem.type, status=problem.status)
                return answer_problem(problem, error.headers)
            except RequestValidationError as error:
                return _answer_invalid(error)
            except Exception:
                log.exception("openai_request_broke")
                return answer_problem(ServiceError("The service's log has the cause.").to_problem())

        return handle_or_tell


def answer_problem(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that tells of a problem."""
    return JSONResponse(
        error_answer(problem).model_dump(), status_code=problem.status, headers=headers
    )


def error_answer(problem: Problem) -> ErrorAnswer:
    """Return a problem in OpenAI's form; its code is the last part of the problem's type."""
    code = _CODES.get(problem.type) or problem.type.rpartition("/")[2].replace("-", "_")
    return _error(problem.status, problem.detail, None, code)


def problem_of(job: Job) -> Problem:
    """Return why a job has ended without its whole text."""
    if job.error is not None:
        return job.error
    kind = ProblemType.WRONG_STATE
    detail = "The transcription was cancelled."
    return Problem(type=kind.uri, title=kind.title, status=kind.status, detail=detail)


def error_responses(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return what a route declares in OpenAPI for the problems it can answer with."""
    by_status: dict[int | str, list[str]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind.title)
    return {
        status: {"description": "; ".join(titles), "model": ErrorAnswer}
        for status, titles in by_status.items()
    }


def _answer_invalid(error: RequestValidationError) -> Response:
    """Tell of the first field that is wrong: there is room for one."""
    first, *_ = error.errors()
    param = str(first["loc"][1]).removesuffix("[]") if len(first["loc"]) > 1 else None
    return _answer(400, f"{param}: {first['msg']}", param, "invalid_value")


def _answer(status: int, message: str, param: str | None, code: str) -> Response:
    return JSONResponse(_error(status, message, param, code).model_dump(), status_code=status)


def _error(status: int, message: str, param: str | None, code: str) -> ErrorAnswer:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    detail = ErrorDetail(message=message, type=_TYPES.get(status, kind), param=param, code=code)
    return ErrorAnswer(error=detail)
