"""Compute the result of identical recordings, options and models once.

Of several jobs with the same result the first to ask is the primary and computes it; the others
are its duplicates and get a copy.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum, auto

import structlog

from backend.errors import JobNotFoundError
from backend.notifications import JobNotifier
from backend.storage.cache import TranscriptCache
from backend.storage.database import DeduplicationStore, JobStore, Primary, ResultKey, RunStore
from backend.transcription.cache_keys import options_key
from contracts.jobs import Job, JobStatus
from contracts.models import ModelIdentity

log = structlog.get_logger()


class ResultSource(Enum):
    """The source of a job's result.

    COMPUTE: the job is the primary. REUSED: it got a copy. PENDING: its primary is unfinished.
    """

    COMPUTE = auto()
    REUSED = auto()
    PENDING = auto()


class Deduplicator:
    """Finds the primary of a job, and copies its result to its duplicates."""

    def __init__(
        self,
        store: DeduplicationStore,
        jobs: JobStore,
        runs: RunStore,
        cache: TranscriptCache,
        notifier: JobNotifier,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._runs = runs
        self._cache = cache
        self._notifier = notifier

    async def claim(self, job: Job, audio_sha256: str, models: Sequence[ModelIdentity]) -> bool:
        """Return whether this job computes its result; if another one does, do not join it yet.

        Args:
            models: that transcribe it, the main one first.

        Raises: JobNotFoundError: the job was deleted.
        """
        return await self._claim(job, audio_sha256, models, joins=False) is None

    async def resolve(
        self, job: Job, audio_sha256: str, models: Sequence[ModelIdentity]
    ) -> ResultSource:
        """Return the source of a job's result; copy the result if it exists already.

        Args:
            models: that transcribe it, the main one first.

        Raises: JobNotFoundError: the job was deleted.
        """
        while True:
            primary = await self._claim(job, audio_sha256, models)
            if primary is None:
                return ResultSource.COMPUTE
            if not primary.status.is_final:
                return ResultSource.PENDING
            if await self._copy(primary.job_id, job.id):
                return ResultSource.REUSED

    async def _claim(
        self,
        job: Job,
        audio_sha256: str,
        models: Sequence[ModelIdentity],
        *,
        joins: bool = True,
    ) -> Primary | None:
        key = ResultKey(audio_sha256, options_key(job.options, models[1:]), models[0])
        return await self._store.claim_result(job.id, key, force=job.options.force, joins=joins)

    async def complete_duplicates(self, primary_id: str) -> list[Job]:
        """Copy a finished job's result to its duplicates.

        Returns: the duplicates that must be queued instead, because there is no result to copy.
        """
        duplicates = await self._store.duplicates_of(primary_id)
        outcomes = [await self.complete_duplicate(each, primary_id) for each in duplicates]
        return [job for job in outcomes if job is not None]

    async def complete_duplicate(self, job_id: str, primary_id: str) -> Job | None:
        """Copy the result of a primary to one duplicate; do nothing while it is unfinished.

        Returns: the duplicate if it must be queued instead.
        """
        status = await self._status(primary_id)
        if status is not None and not status.is_final:
            return None
        if status is JobStatus.COMPLETED and await self._copy(primary_id, job_id):
            return None
        try:
            return await self._jobs.get(job_id, with_result=False)
        except JobNotFoundError:
            return None

    async def _copy(self, primary_id: str, job_id: str) -> bool:
        """Complete a job with a copy of a result; return False if there is none to copy."""
        now = datetime.now(UTC)
        revision = await self._revision(primary_id)
        if await self._runs.begin(job_id, now) is None:  # it was cancelled or deleted
            return True
        if not await self._store.copy_result(primary_id, job_id):
            return False
        await self._runs.finish(job_id, JobStatus.COMPLETED, finished_at=now)
        self._notifier.notify(job_id)
        await self._copy_cached(primary_id, job_id, revision)
        log.info("transcription_reused", job_id=job_id, primary_id=primary_id)
        return True

    async def _copy_cached(self, primary_id: str, job_id: str, revision: int | None) -> None:
        """Copy the cached result too, unless it was corrected since `revision`."""
        if revision is None or await self._revision(primary_id) != revision:
            return
        try:
            owner = await self._jobs.owner(job_id)
            own_revision = await self._jobs.revision(job_id)
        except JobNotFoundError:
            return
        for with_words in (True, False):
            result = await self._cache.get(owner, primary_id, revision, with_words=with_words)
            if result is not None:
                await self._cache.put(owner, job_id, own_revision, result, with_words=with_words)

    async def _revision(self, job_id: str) -> int | None:
        try:
            return await self._jobs.revision(job_id)
        except JobNotFoundError:
            return None

    async def _status(self, job_id: str) -> JobStatus | None:
        try:
            return await self._jobs.status(job_id)
        except JobNotFoundError:
            return None
