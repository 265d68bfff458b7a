"""Run blocking work in a thread that ends soon after its caller is cancelled."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def run_in_cancellable_thread(work: Callable[[Callable[[], None]], T]) -> T:
    """Run `work(check_cancelled)` in a thread.

    Cancelling the caller makes the next call of `check_cancelled` raise; the caller is released
    when the thread has ended.
    """
    is_cancelled = False

    def check_cancelled() -> None:
        if is_cancelled:
            raise asyncio.CancelledError

    thread = asyncio.create_task(asyncio.to_thread(work, check_cancelled))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        is_cancelled = True
        await asyncio.gather(thread, return_exceptions=True)
        raise
