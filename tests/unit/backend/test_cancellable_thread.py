"""If these fail, a cancelled job still decodes, into a file that is removed or in use again."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from backend.cancellable_thread import run_in_cancellable_thread


async def test_the_result_and_the_error_of_the_work_are_the_callers() -> None:
    assert await run_in_cancellable_thread(lambda check_cancelled: check_cancelled() or 7) == 7
    with pytest.raises(ZeroDivisionError):
        await run_in_cancellable_thread(lambda _: 1 // 0)


async def test_the_event_loop_is_free_while_the_work_runs() -> None:
    """Else no other request would be answered while a recording is decoded."""
    released = threading.Event()
    working = asyncio.create_task(run_in_cancellable_thread(lambda _: released.wait(10)))
    await asyncio.sleep(0.02)
    released.set()
    assert await working


async def test_a_cancelled_caller_waits_until_the_thread_has_ended() -> None:
    """Else the thread would write on after the job's files were removed."""
    started, events = threading.Event(), []

    def work(check_cancelled: Callable[[], None]) -> None:
        started.set()
        try:
            while True:
                check_cancelled()
                time.sleep(0.005)
        finally:
            time.sleep(0.05)
            events.append("thread ended")

    working = asyncio.create_task(run_in_cancellable_thread(work))
    await asyncio.to_thread(started.wait, 10)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(working, timeout=10)
    assert events == ["thread ended"]


async def test_work_that_ends_as_it_is_cancelled_is_cancelled_all_the_same() -> None:
    started, released = threading.Event(), threading.Event()

    def work(_: Callable[[], None]) -> int:
        started.set()
        released.wait(10)
        return 7

    working = asyncio.create_task(run_in_cancellable_thread(work))
    await asyncio.to_thread(started.wait, 10)
    working.cancel()
    await asyncio.sleep(0.01)
    assert not working.done()
    released.set()
    with pytest.raises(asyncio.CancelledError):
        await working
