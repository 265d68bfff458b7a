"""Jobs of the same recording, options and model: the work is done once."""

from datetime import UTC, datetime
from enum import Enum, auto

import structlog

from backend.errors import JobNotFoundError
from backend.jobs.durable import DurableQueue
from backend.jobs.keys import options_key
from backend.jobs.news import JobNews
from backend.storage.cache import TranscriptCache
from backend.storage.database import Lane, ResultKey, TranscriptionStore
from contracts.jobs import Job, JobStatus
from contracts.models import ModelIdentity

log = structlog.get_logger()


class Work(Enum):
    """Who does the work of a job: itself, nobody any more, or another job at this moment."""

    OURS = auto()
    DONE = auto()
    UNDER_WAY = auto()


class Twins:
    """Finds the job that has a result already, or is making it, and shares that."""

    def __init__(
        self,
        transcriptions: TranscriptionStore,
        queue: DurableQueue,
        cache: TranscriptCache,
        news: JobNews,
    ) -> None:
        self._transcriptions = transcriptions
        self._news = news
        self._cache = cache
        self._queue = queue

    async def divide(self, job: Job, audio_sha256: str, model: ModelIdentity) -> Work:
        """Say who does a job's work; a result that is there already is given to it."""
        key = ResultKey(audio_sha256, options_key(job.options), model)
        while True:
            twin = await self._transcriptions.claim_result(job.id, key, force=job.options.force)
            if twin is None:
                return Work.OURS
            if not twin.status.is_final:
                return Work.UNDER_WAY
            if await self._share(twin.job_id, job.id):
                return Work.DONE

    async def settle_followers(self, job_id: str) -> None:
        """Give the jobs that joined one what they waited for, or let them do it themselves."""
        for follower in await self._transcriptions.followers(job_id):
            await self.settle(follower, job_id)

    async def settle(self, follower: str, leader: str) -> None:
        """Do so for one of them; nothing while its leader is under way."""
        status = await self._status(leader)
        if status is not None and not status.is_final:
            return
        if status is not JobStatus.COMPLETED or not await self._share(leader, follower):
            await self.queue_again(follower)

    async def _share(self, maker: str, job_id: str) -> bool:
        """Complete a job with the result of another; return whether that was possible."""
        jobs, now = self._transcriptions, datetime.now(UTC)
        revision = await self._revision(maker)
        # it fails for a job that was cancelled, too: that one needs nothing any more
        if not await jobs.start(job_id, now):
            return True
        if not await jobs.copy_result(maker, job_id):
            return False
        await jobs.finish(job_id, JobStatus.COMPLETED, finished_at=now)
        self._news.tell(job_id)
        await self._share_cached(maker, job_id, revision)
        log.info("transcription_shared", job_id=job_id, maker=maker)
        return True

    async def _share_cached(self, maker: str, job_id: str, revision: int | None) -> None:
        """Give a copy what is at hand of the result, unless that was corrected meanwhile."""
        if revision is None or await self._revision(maker) != revision:
            return
        try:
            owner = await self._transcriptions.owner(job_id)
            own_revision = await self._transcriptions.revision(job_id)
        except JobNotFoundError:
            return
        if result := await self._cache.get(owner, maker, revision):
            await self._cache.put(owner, job_id, own_revision, result)

    async def _revision(self, job_id: str) -> int | None:
        try:
            return await self._transcriptions.revision(job_id)
        except JobNotFoundError:
            return None

    async def queue_again(self, job_id: str) -> None:
        """Let a job wait its turn, unless it does so already or was deleted."""
        try:
            job = await self._transcriptions.find(job_id, with_result=False)
        except JobNotFoundError:
            return
        await self._queue.enqueue(job_id, Lane.of_file(job.file))

    async def _status(self, job_id: str) -> JobStatus | None:
        try:
            return await self._transcriptions.status(job_id)
        except JobNotFoundError:
            return None
