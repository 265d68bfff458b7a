"""Waits for a job for as long as its client does."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import anyio
from fastapi import Request
from starlette.requests import ClientDisconnect

from backend.jobs.service import JobService
from contracts.jobs import Job
from servicekit.errors import ServiceError

_LOOK_S = 1.0
"""Seconds after which client and job are looked at again when nothing is heard of either."""


async def ended(request: Request, jobs: JobService, job_id: str, owner: str) -> Job:
    """Return a job when it has ended.

    Raises:
        ClientDisconnect: the client hung up; the job is cancelled.
        JobNotFoundError: it has been deleted.
    """
    with jobs.news.followed(job_id) as follower:
        async with cancelled_on_hang_up(request, jobs, job_id, owner):
            while not (await jobs.get_head(job_id, owner)).status.is_final:
                if await request.is_disconnected():
                    raise ClientDisconnect
                await follower.wait(_LOOK_S)
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
