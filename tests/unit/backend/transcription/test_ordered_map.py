"""If these fail, text comes in the wrong order, or chunks go on after a job has ended."""

import asyncio

import pytest

from backend.transcription.ordered_map import ordered_map, started_early


async def test_results_keep_the_order_though_later_ones_are_ready_first() -> None:
    async def work(item: int) -> int:
        await asyncio.sleep((5 - item) / 200)
        return item * 10

    assert [result async for result in ordered_map(work, range(5), lambda: 3)] == [
        0,
        10,
        20,
        30,
        40,
    ]


async def test_no_more_than_the_given_number_are_worked_on() -> None:
    running = most = 0

    async def work(item: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1

    async for _ in ordered_map(work, range(10), lambda: 3):
        pass
    assert most == 3


async def test_the_number_may_change_meanwhile() -> None:
    """A recording of hours must use the replicas that start while it is transcribed."""
    limit = 1
    running = 0
    together: list[int] = []

    async def work(item: int) -> None:
        nonlocal running, limit
        running += 1
        await asyncio.sleep(0.005)
        together.append(running)
        await asyncio.sleep(0.005)
        running -= 1
        limit = 1 if item < 2 else 4 if item < 10 else 2

    async for _ in ordered_map(work, range(20), lambda: limit):
        pass
    assert together[:3] == [1, 1, 1]
    assert max(together) == 4
    assert max(together[-6:]) == 2


async def test_an_error_ends_the_work_that_was_begun() -> None:
    ended: list[int] = []

    async def work(item: int) -> None:
        if item == 0:
            raise RuntimeError("first")
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(item)

    with pytest.raises(RuntimeError, match="first"):
        async for _ in ordered_map(work, range(3), lambda: 3):
            pass
    assert ended == [1, 2]


async def test_a_slow_start_doubles_what_is_worked_on_at_once() -> None:
    """Otherwise a stream has no text until the first whole batch of chunks is transcribed."""
    running = 0
    together: list[int] = []

    async def work(item: int) -> int:
        nonlocal running
        running += 1
        await asyncio.sleep(0.005)
        together.append(running)
        await asyncio.sleep(0.005)
        running -= 1
        return item

    results = ordered_map(work, range(10), lambda: 3, at_first=1)
    assert [result async for result in results] == list(range(10))
    assert (together[:3], max(together)) == ([1, 2, 2], 3)


@pytest.mark.parametrize("n_items", [0, 5])
async def test_work_begins_before_its_results_are_asked_for(n_items: int) -> None:
    started: list[int] = []

    async def work(item: int) -> int:
        started.append(item)
        return item

    async with started_early(ordered_map(work, range(n_items), lambda: 3)) as results:
        await asyncio.sleep(0.01)
        assert started == list(range(min(n_items, 3)))
        assert [result async for result in results] == list(range(n_items))


async def test_work_that_nobody_asks_for_any_more_is_cancelled() -> None:
    """Else a failed job would keep the llm busy."""
    ended: list[int] = []

    async def work(item: int) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(item)

    async with started_early(ordered_map(work, range(5), lambda: 3)):
        await asyncio.sleep(0.01)
    assert ended == [0, 1, 2]
