"""The root of every service's exception tree."""

from collections.abc import Mapping
from typing import ClassVar

from contracts.problems import Problem, ProblemType


class ServiceError(Exception):
    """An error that is reported to the client; each subclass has a kind of problem.

    Args:
        detail: a sentence for the client, without internals.
        retry_after_s: seconds after which the client should retry.
    """

    problem_type: ClassVar[ProblemType] = ProblemType.INTERNAL

    def __init__(self, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> Mapping[str, str]:
        """Additional headers of the response."""
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}

    def to_problem(self, request_id: str | None = None) -> Problem:
        """Return the body of the response."""
        kind = self.problem_type
        return Problem(
            type=kind.uri,
            title=kind.title,
            status=kind.status,
            detail=self.detail,
            request_id=request_id,
        )
