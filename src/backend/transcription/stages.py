"""Show clients the stage of a running job, and measure it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext, suppress

from sqlalchemy.exc import SQLAlchemyError

from backend.errors import DiskFullError
from backend.metrics import JobMetrics
from backend.notifications import JobNotifier
from backend.storage.database import RunStore
from contracts.jobs import Stage
from servicekit import tracing

SHOWN_AFTER_S = 0.2
"""Seconds that a stage has lasted when clients see it: most of a dictation's pass within less."""


class JobStages:
    """The stages of the jobs that this process runs.

    Args:
        shown_after_s: seconds that a stage has lasted when clients see it.
    """

    def __init__(
        self,
        runs: RunStore,
        notifier: JobNotifier,
        metrics: JobMetrics,
        shown_after_s: float = SHOWN_AFTER_S,
    ) -> None:
        self._runs = runs
        self._notifier = notifier
        self._metrics = metrics
        self._shown_after_s = shown_after_s

    @asynccontextmanager
    async def enter(
        self, job_id: str, stage: Stage, *, is_shown: bool = True
    ) -> AsyncGenerator[None]:
        """Measure and trace the body, and show the stage if it lasts.

        Args:
            is_shown: False: clients see another stage meanwhile.
        """
        with self._metrics.time_stage(stage), tracing.span(stage):
            async with self._showing(job_id, stage) if is_shown else nullcontext():
                yield

    @asynccontextmanager
    async def _showing(self, job_id: str, stage: Stage) -> AsyncGenerator[None]:
        has_ended = asyncio.Event()
        showing = asyncio.create_task(self._show_unless(has_ended, job_id, stage))
        try:
            yield
        finally:
            has_ended.set()
            await showing  # what it has begun to store must not replace the next stage

    async def _show_unless(self, has_ended: asyncio.Event, job_id: str, stage: Stage) -> None:
        """Store a stage that lasts, and notify those who follow the job."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._shown_after_s):
                await has_ended.wait()
                return
        with suppress(SQLAlchemyError, DiskFullError):  # the job's own writes meet the same problem
            await self._runs.set_stage(job_id, stage)
            self._notifier.notify(job_id)
