"""Limit what each owner does at once, so that one of them does not shut out the others."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

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


class OwnerTurns:
    """Lets one work at a time; among those that wait, the owners take turns."""

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, owner: str) -> AsyncGenerator[None]:
        """Wait for a turn, and keep it while the body runs."""
        if self._is_taken:
            await self._wait(owner)
        self._is_taken = True
        try:
            yield
        finally:
            self._give_next()

    async def _wait(self, owner: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the turn came at the same moment
                self._give_next()
            raise

    def _give_next(self) -> None:
        while self._waiting:
            owner, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[owner] = turns  # behind the other owners
            if not turn.done():
                turn.set_result(None)
                return
        self._is_taken = False
