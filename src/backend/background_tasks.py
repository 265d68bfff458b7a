"""Run the periodic tasks of the backend while it serves."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from servicekit.errors import ServiceError

log = structlog.get_logger()


@asynccontextmanager
async def running_in_background(
    coroutines: Iterable[Coroutine[Any, Any, None]],
) -> AsyncGenerator[None]:
    """Run coroutines while the body runs."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def repeat(task: Callable[[], Awaitable[None]], interval_s: float) -> None:
    """Do a task again and again; a failed one is logged and done at the next interval."""
    while True:
        try:
            await task()
        except (SQLAlchemyError, OSError, ServiceError) as error:
            log.warning("background_task_failed", cause=type(error).__name__)
        await asyncio.sleep(interval_s)
