"""Work in a thread that ends soon after nobody waits for it any more."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_stoppable_thread(work: Callable[[Callable[[], None]], T]) -> T:
    """Run work in a thread; cancelling us makes its `stop` argument raise at the next call."""
    cancelled = False

    def stop() -> None:
        if cancelled:
            raise asyncio.CancelledError

    thread = asyncio.create_task(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        cancelled = True
        await asyncio.gather(thread, return_exceptions=True)
        raise
