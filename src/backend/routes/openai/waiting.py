"""Waits for a job for as long as its client does."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import anyio
from fastapi import Request
from starlette.requests import ClientDisconnect

from backend.jobs.service import JobService
from contracts.jobs import Job
from servicekit.errors import ServiceError

_SHORTEST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0
_SHARE = 0.05
"""Of the time waited already: by so much, at most, does looking in turns delay the answer."""


async def ended(request: Request, jobs: JobService, job_id: str, owner: str) -> Job:
    """Return a job when it has ended.

    Raises:
        ClientDisconnect: the client hung up; the job is cancelled.
        JobNotFoundError: it has been deleted.
    """
    begun = anyio.current_time()
    async with cancelled_on_hang_up(request, jobs, job_id, owner):
        while not (await jobs.get_head(job_id, owner)).status.is_final:
            if await request.is_disconnected():
                raise ClientDisconnect
            waited_s = anyio.current_time() - begun
            await anyio.sleep(min(max(waited_s * _SHARE, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S))
    return await jobs.get(job_id, owner)


@asynccontextmanager
async def cancelled_on_hang_up(
    request: Request, jobs: JobService, job_id: str, owner: str
) -> AsyncGenerator[None]:
    """Cancel a job if this is left because its client has gone.

    When it is we who stop, the job is left to go on once we are started again.
    """
    try:
        yield
    except BaseException:
        with anyio.CancelScope(shield=True):
            if await request.is_disconnected():
                with suppress(ServiceError):  # it has ended in the meantime, or is gone
                    await jobs.cancel(job_id, owner)
        raise
