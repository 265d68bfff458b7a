"""Keeps the time left of a running job up to date in the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError

from backend.errors import DiskFullError
from backend.jobs.pace import Pace
from backend.jobs.plan import Plan
from backend.storage.database import TranscriptionStore
from contracts.models import ModelIdentity

_TELL_S = 2.0
"""Seconds after which it is written anew."""


async def pace_of(
    transcriptions: TranscriptionStore, plan: Plan, model: ModelIdentity, at_once: int
) -> Pace:
    """Return the pace of a job that begins now.

    Args:
        at_once: chunks that are at the llm at the same time.
    """
    recent = await transcriptions.recent_speed(model.name)
    n_chunks = len(plan.chunks)
    work_s = sum(plan.chunk(index).duration_s for index in range(n_chunks))
    at_once_s = work_s * min(at_once / n_chunks, 1.0)
    return Pace(work_s, at_once_s, recent and recent * plan.duration_s)


@asynccontextmanager
async def time_left_told(
    transcriptions: TranscriptionStore, job_id: str, pace: Pace
) -> AsyncIterator[None]:
    """Write it down again and again while this lasts, however long the llm takes to answer."""

    async def tell() -> None:
        while True:
            with suppress(SQLAlchemyError, DiskFullError):  # the next one will be written
                await transcriptions.note_eta(job_id, pace.eta_s())
            await asyncio.sleep(_TELL_S)

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
