"""The page's own problem responses."""

from starlette.responses import Response

from contracts.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemType


def problem_response(kind: ProblemType, detail: str) -> Response:
    """Return a response of `application/problem+json`."""
    problem = Problem(type=kind.uri, title=kind.title, status=kind.status, detail=detail)
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status_code=kind.status, media_type=PROBLEM_MEDIA_TYPE)
