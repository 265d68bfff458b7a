"""Concurrent work whose results come in the order of its items."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def map_in_order(
    work: Callable[[Item], Awaitable[Result]], items: Iterable[Item], concurrency: int
) -> AsyncIterator[Result]:
    """Yield `work(item)` for each item, in order, working on a few items at once.

    Args:
        concurrency: items worked on at once; so many results at most wait for an earlier one.

    Raises:
        Exception: the first error of `work`, in the order of the items; the rest is cancelled.
    """
    begun: deque[asyncio.Task[Result]] = deque()
    try:
        for item in items:
            if len(begun) == concurrency:
                yield await begun.popleft()
            begun.append(asyncio.ensure_future(work(item)))
        while begun:
            yield await begun.popleft()
    finally:
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
