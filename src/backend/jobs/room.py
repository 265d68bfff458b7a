"""Results that wait for room on the disk: what was recognised is not thrown away."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from backend.errors import DiskFullError

_PATIENCE_S = 3600.0
_LONGEST_WAIT_S = 5.0

Result = TypeVar("Result")


async def once_there_is_room(write: Callable[[], Awaitable[Result]]) -> Result:
    """Run a transaction, and again while the disk is full.

    Raises: DiskFullError: it stays full.
    """
    async for attempt in stamina.retry_context(
        on=DiskFullError, attempts=None, timeout=_PATIENCE_S, wait_max=_LONGEST_WAIT_S
    ):
        with attempt:
            return await write()
    raise AssertionError("stamina always attempts once")
