"""Limit what each owner does at once, so that one of them does not shut out the others."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from backend.errors import TooManyRequestsError

RETRY_AFTER_S = 10


class OwnerLimit:
    """Counts what each owner does at the moment.

    Args:
        most: how many an owner may do at once.
        what: plural of it, for the error.
    """

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._what = what
        self._active: Counter[str] = Counter()

    @contextmanager
    def one(self, owner: str) -> Generator[None]:
        """Count one of the owner's while the body runs.

        Raises: TooManyRequestsError: the owner has reached the limit.
        """
        if self._active[owner] >= self._most:
            raise TooManyRequestsError(
                f"There are {self._most} {self._what} at once already.",
                retry_after_s=RETRY_AFTER_S,
            )
        self._active[owner] += 1
        try:
            yield
        finally:
            self._active[owner] -= 1
            if not self._active[owner]:
                del self._active[owner]
