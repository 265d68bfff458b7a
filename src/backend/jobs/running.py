"""Puts the parts of the jobs together, and keeps them running."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.jobs.durable import DurableQueue
from backend.jobs.housekeeping import Housekeeping
from backend.jobs.parts import JobParts
from backend.jobs.service import JobService
from backend.jobs.twins import Twins
from backend.jobs.worker import Worker
from backend.jobs.workflow import Workflow
from backend.settings import BackendSettings
from backend.storage.database import Lane


@asynccontextmanager
async def running_jobs(parts: JobParts) -> AsyncIterator[JobService]:
    """Work on jobs while this lasts; what is under way at the end goes on at the next start."""
    queue = DurableQueue(parts.settings.database, _max_running(parts.settings))
    twins = Twins(parts.transcriptions, queue, parts.cache, parts.news)
    worker = Worker(parts, Workflow(parts, twins), twins)
    service = JobService(parts, queue, worker, twins)
    await queue.launch(parts.work.process_number, worker.work_on)
    chores = asyncio.create_task(Housekeeping(parts, queue, worker, twins, service).run_forever())
    try:
        yield service
    finally:
        chores.cancel()
        await asyncio.gather(chores, return_exceptions=True)
        await worker.close()
        await queue.close()


def _max_running(settings: BackendSettings) -> dict[Lane, int]:
    return {
        Lane.DICTATION: settings.llm_concurrency,
        Lane.SHORT: settings.max_running_jobs,
        Lane.LONG: settings.max_running_jobs,
    }
