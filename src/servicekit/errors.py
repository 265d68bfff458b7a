"""The root of every service's exception tree."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.problems import Problem, ProblemType


class ServiceError(Exception):
    """Something a client is told of; each subclass names its kind of problem.

    Args:
        detail: a sentence for the client, with nothing internal in it.
        retry_after_s: seconds after which it is worth another try.
    """

    problem_type: ClassVar[ProblemType] = ProblemType.INTERNAL

    def __init__(self, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that the answer carries beside the problem."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}

    def to_problem(self, request_id: str | None = None) -> Problem:
        """Return the body of the answer."""
        kind = self.problem_type
        return Problem(
            type=kind.uri,
            title=kind.title,
            status=kind.status,
            detail=self.detail,
            request_id=request_id,
        )
