"""Bring queue, database and work folder back into agreement after a crash."""

import time

import structlog

from backend.errors import JobNotFoundError
from backend.queueing.job_queue import JobQueue
from backend.queueing.liveness import Liveness
from backend.queueing.worker import Worker
from backend.storage.database import (
    DeduplicationStore,
    JobStore,
    PunctuationStore,
    QueueStore,
)
from backend.storage.work_folder import WorkFolder
from backend.transcription.deduplication import Deduplicator
from contracts.jobs import Job, Stage

log = structlog.get_logger()


class Reconciler:
    """Queues every unfinished job, and every text to punctuate, that no process works on.

    It runs in every process.

    Args:
        orphan_grace_s: seconds for which a job that this process started, but does not work on,
            waits before it is queued again.
    """

    def __init__(  # noqa: PLR0913  # one argument for each dependency
        self,
        *,
        queue: JobQueue,
        liveness: Liveness,
        worker: Worker,
        deduplicator: Deduplicator,
        jobs: JobStore,
        waiting: QueueStore,
        duplicates: DeduplicationStore,
        requests: PunctuationStore,
        work: WorkFolder,
        orphan_grace_s: float,
    ) -> None:
        self._queue = queue
        self._liveness = liveness
        self._worker = worker
        self._deduplicator = deduplicator
        self._jobs = jobs
        self._waiting = waiting
        self._duplicates = duplicates
        self._requests = requests
        self._work = work
        self._orphan_grace_s = orphan_grace_s
        self._orphaned_since: dict[str, float] = {}

    async def reconcile(self) -> None:
        """Queue what was abandoned, and remove what no job needs."""
        await self._liveness.recover_jobs()
        await self._liveness.forget_outdated_jobs()
        await self._reassign_orphans()
        await self._queue.delete_ended()
        # in this order: a job that starts meanwhile appears in the later lists
        with_pcm = await self._work.jobs_with_pcm()
        unfinished = await self._waiting.unfinished() + await self._requests.requested()
        queued = await self._queue.unfinished()
        for job_id in unfinished:
            if job_id not in queued:
                await self._requeue(job_id)
        await self._work.remove_pcm(*({*with_pcm} - {*unfinished} - queued))

    async def _reassign_orphans(self) -> None:
        """Queue again what this process started and gave up, for example on a full disk."""
        process_id = self._work.process_id
        orphans = await self._queue.started_by(process_id) - self._worker.active_jobs
        now = time.monotonic()
        self._orphaned_since = {job_id: self._orphaned_since.get(job_id, now) for job_id in orphans}
        # a job that is just starting is no orphan yet
        abandoned = {
            job_id
            for job_id, since in self._orphaned_since.items()
            if now - since > self._orphan_grace_s
        }
        if abandoned:
            await self._queue.reassign(process_id, abandoned)

    async def _requeue(self, job_id: str) -> None:
        try:
            job = await self._jobs.get(job_id, with_result=False)
            if job.status.is_final and job.progress.stage is not Stage.PUNCTUATING:
                return
            primary_id = await self._duplicates.primary_of(job_id)
        except JobNotFoundError:
            return
        if primary_id is not None:
            duplicate = await self._deduplicator.complete_duplicate(job_id, primary_id)
            if duplicate is None:
                return
            job = duplicate
        await self._submit(job)

    async def _submit(self, job: Job) -> None:
        log.warning("job_requeued", job_id=job.id)
        await self._queue.submit(job)
