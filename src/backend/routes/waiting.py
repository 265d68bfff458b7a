"""Waits for the model before a job is accepted, and for the job while its client is connected."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import anyio
from fastapi import Request
from starlette.requests import ClientDisconnect

from backend.errors import LlmNotReadyError
from backend.jobs.service import JobService
from backend.llm_client import LlmClient
from contracts.jobs import Job
from contracts.models import HealthStatus
from contracts.problems import Problem, ProblemType
from servicekit.errors import ServiceError

RETRY_AFTER_S = 5
"""Value of `Retry-After` while the model is downloaded or loaded."""

_POLL_S = 1.0
"""Seconds between checks of the client and of the job."""


async def require_ready(llm: LlmClient) -> None:
    """Refuse requests until the model is ready, so that clients retry instead of waiting.

    Raises: LlmNotReadyError: no model is ready.
    """
    health = await llm.health()
    if health.status is HealthStatus.STARTING:
        raise LlmNotReadyError("The speech model is not ready yet.", retry_after_s=RETRY_AFTER_S)


async def wait_until_ended(request: Request, jobs: JobService, job_id: str, owner: str) -> Job:
    """Return a job once it has ended.

    Raises:
        ClientDisconnect: the client disconnected; the job is cancelled.
        JobNotFoundError: it was deleted.
    """
    with jobs.notifier.subscribe(job_id) as subscription:
        async with cancel_on_disconnect(request, jobs, job_id, owner):
            while not (await jobs.get_head(job_id, owner)).status.is_final:
                if await request.is_disconnected():
                    raise ClientDisconnect
                await subscription.wait(_POLL_S)
    return await jobs.get(job_id, owner)


@asynccontextmanager
async def cancel_on_disconnect(
    request: Request, jobs: JobService, job_id: str, owner: str
) -> AsyncGenerator[None]:
    """Cancel a job if its client disconnects.

    When the backend itself stops, the job is kept, and continues after the restart.
    """
    try:
        yield
    except BaseException:
        with anyio.CancelScope(shield=True):
            if await request.is_disconnected():
                with suppress(ServiceError):  # it has ended or was deleted in the meantime
                    await jobs.cancel(job_id, owner)
        raise


def problem_of(job: Job) -> Problem:
    """Return the reason why a job ended without its whole text."""
    if job.error is not None:
        return job.error
    kind = ProblemType.WRONG_STATE
    detail = "The transcription was cancelled."
    return Problem(type=kind.uri, title=kind.title, status=kind.status, detail=detail)
