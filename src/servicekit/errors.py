"""The root of every service's exception tree."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from contracts.problems import InvalidField, Problem, ProblemType


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


class UnsupportedOptionError(ServiceError):
    """The model cannot follow an option.

    Args:
        reasons: by the option's name.
    """

    problem_type = ProblemType.INVALID_OPTION

    def __init__(self, reasons: Mapping[str, str]) -> None:
        self.fields = [
            InvalidField(pointer=f"/{name}", detail=reason) for name, reason in reasons.items()
        ]
        super().__init__("; ".join(f"{field.pointer}: {field.detail}" for field in self.fields))

    def to_problem(self, request_id: str | None = None) -> Problem:
        """Return the body of the response, with each option."""
        return super().to_problem(request_id).model_copy(update={"errors": self.fields})


class UnknownModelError(ServiceError):
    """There is no model of the requested id.

    Args:
        requested: the id.
        known: ids of the models that there are.
    """

    problem_type = ProblemType.UNKNOWN_MODEL

    def __init__(self, requested: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no model {requested!r}, only: {', '.join(known)}.")
