"""What has to be done again and again: mend what a crash left, remove what has expired."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from backend.errors import JobNotFoundError
from backend.jobs.durable import DurableQueue
from backend.jobs.parts import JobParts
from backend.jobs.service import JobService
from backend.jobs.twins import Twins
from backend.jobs.worker import Worker
from servicekit.errors import ServiceError

log = structlog.get_logger()

MEND_S = 15.0
"""Seconds between two looks for jobs that nobody works on."""

_ALONE_S = 30.0
"""Seconds for which nobody works on a job that was taken from the queue, before it goes back."""

_EXPIRY_S = 3600.0


class Housekeeping:
    """Runs in every process; each of its tasks may be done by several at once."""

    def __init__(
        self,
        parts: JobParts,
        queue: DurableQueue,
        worker: Worker,
        twins: Twins,
        jobs: JobService,
    ) -> None:
        self._parts = parts
        self._settings = parts.settings
        self._work = parts.work
        self._queue = queue
        self._worker = worker
        self._alone_since: dict[str, float] = {}
        self._twins = twins
        self._jobs = jobs

    async def run_forever(self) -> None:
        """Mend and remove, from now on."""
        await asyncio.gather(self._again(self.mend, MEND_S), self._again(self.expire, _EXPIRY_S))

    async def mend(self) -> None:
        """See to it that every job that has not ended is waited for, and nothing else is kept."""
        for number in self._work.dead_processes():
            await self._queue.take_over(number)
        await self._put_back()
        await self._queue.forget_ended()
        # in this order: a job that begins meanwhile is in the later lists
        with_pcm = await self._work.jobs_with_pcm()
        unfinished = await self._parts.transcriptions.unfinished()
        alive = await self._queue.alive()
        for job_id in unfinished:
            if job_id not in alive:
                await self._take_up(job_id)
        await self._work.remove_pcm(*({*with_pcm} - {*unfinished} - alive))

    async def _put_back(self) -> None:
        """Queue again what this process took and dropped: a full disk kept it from saying so."""
        number = self._work.process_number
        alone = await self._queue.begun_by(number) - self._worker.at_work
        now = time.monotonic()
        self._alone_since = {job_id: self._alone_since.get(job_id, now) for job_id in alone}
        # one that begins in this moment is not dropped
        dropped = {job_id for job_id, since in self._alone_since.items() if now - since > _ALONE_S}
        if dropped:
            await self._queue.take_over(number, dropped)

    async def expire(self) -> None:
        """Remove the jobs, and the recordings, that were kept long enough."""
        parts, now = self._parts, datetime.now(UTC)
        if days := self._settings.retention_days:
            for job_id in await parts.history.expired(now - timedelta(days)):
                await self._forget(job_id)
        if days := self._settings.audio_retention_days:
            for job_id in await parts.history.audio_expired(now - timedelta(days)):
                await self._drop_audio(job_id)
        await parts.blobs.remove_orphans(parts.history.holds_blob)

    async def _take_up(self, job_id: str) -> None:
        try:
            leader = await self._parts.transcriptions.joined_to(job_id)
            status = await self._parts.transcriptions.status(job_id)
        except JobNotFoundError:
            return
        if status.is_final:
            return
        if leader is None:
            log.warning("job_taken_up_again", job_id=job_id)
            await self._twins.queue_again(job_id)
        else:
            await self._twins.settle(job_id, leader)

    async def _forget(self, job_id: str) -> None:
        try:
            if not (await self._parts.transcriptions.status(job_id)).is_final:
                return  # it was taken up again
            await self._jobs.delete(job_id, owner=None)
            log.info("job_expired", job_id=job_id)
        except JobNotFoundError:  # another process was faster
            return

    async def _drop_audio(self, job_id: str) -> None:
        try:
            blob = await self._parts.history.drop_audio(job_id)
        except JobNotFoundError:
            return
        await self._parts.blobs.remove(blob)
        log.info("audio_expired", job_id=job_id)

    async def _again(self, task: Callable[[], Awaitable[None]], interval_s: float) -> None:
        while True:
            try:
                await task()
            except (SQLAlchemyError, OSError, ServiceError) as error:
                log.warning("housekeeping_failed", cause=type(error).__name__)
            await asyncio.sleep(interval_s)
