"""Show clients the stage of a running job, and measure it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from backend.metrics import JobMetrics
from backend.notifications import JobNotifier
from backend.storage.database import RunStore
from contracts.jobs import Stage
from servicekit import tracing


class JobStages:
    """The stages of the jobs that this process runs."""

    def __init__(self, runs: RunStore, notifier: JobNotifier, metrics: JobMetrics) -> None:
        self._runs = runs
        self._notifier = notifier
        self._metrics = metrics

    @asynccontextmanager
    async def enter(
        self, job_id: str, stage: Stage, *, is_shown: bool = True
    ) -> AsyncGenerator[None]:
        """Store the stage, notify those who follow the job, measure and trace the body.

        Args:
            is_shown: False: only measure and trace it; clients see another stage meanwhile.
        """
        if is_shown:
            await self._runs.set_stage(job_id, stage)
            self._notifier.notify(job_id)
        with self._metrics.time_stage(stage), tracing.span(stage):
            yield
