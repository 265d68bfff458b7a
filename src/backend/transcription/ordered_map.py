"""Map items concurrently and yield the results in order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def ordered_map(
    work: Callable[[Item], Awaitable[Result]],
    items: Iterable[Item],
    concurrency: Callable[[], int],
    *,
    at_first: int | None = None,
) -> AsyncGenerator[Result]:
    """Yield `work(item)` for each item, in the order of the items.

    Args:
        concurrency: returns how many items to have in progress at once, which may change; at most
            as many finished results wait for an earlier one.
        at_first: begin with so many items at once, and double that with each batch of results;
            None: begin with as many as `concurrency` says.

    Raises:
        Exception: the first error of `work`, in the order of the items; the rest is cancelled.
    """
    tasks: deque[asyncio.Task[Result]] = deque()
    limit = at_first or concurrency()
    try:
        for item in items:
            if at_first and limit < concurrency():
                if len(tasks) == limit:
                    while tasks:
                        yield await tasks.popleft()
                    limit *= 2
            else:
                while len(tasks) >= concurrency():
                    yield await tasks.popleft()
            tasks.append(asyncio.ensure_future(work(item)))
        while tasks:
            yield await tasks.popleft()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def started_early(results: AsyncGenerator[Result]) -> AsyncGenerator[AsyncIterator[Result]]:
    """Start to compute results before the body asks for them; close them when it ends."""
    first = asyncio.ensure_future(anext(results))

    async def all_results() -> AsyncIterator[Result]:
        try:
            yield await first
        except StopAsyncIteration:
            return
        async for result in results:
            yield result

    try:
        yield all_results()
    finally:
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await results.aclose()
