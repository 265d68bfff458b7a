"""What the routes can ask of jobs: accept a recording, show, cancel, correct, delete."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Unpack

import structlog
from anyio.to_thread import run_sync

from backend.errors import (
    AudioNotFoundError,
    LlmFailedError,
    LlmNotReadyError,
    QueueFullError,
    WrongStateError,
)
from backend.jobs.decoding import Decoding
from backend.jobs.durable import DurableQueue
from backend.jobs.events import job_events
from backend.jobs.parts import JobParts
from backend.jobs.twins import Twins, Work
from backend.jobs.worker import Worker
from backend.pipeline.decode import MediaInfo
from backend.storage.database import Filters
from backend.storage.files import StoredFile
from contracts.events import JobEvent
from contracts.jobs import FileInfo, Job, JobDescription, JobPage, JobStatus, TagCount
from contracts.recordings import Waveform
from contracts.transcription import Segment, TranscribeOptions

log = structlog.get_logger()

RETRY_AFTER_S = 30
"""What a client is told to wait when the queue is full."""

STOPPING_S = 10.0
"""Seconds that a process may take to let go of a job that was cancelled."""

_LOOK_S = 0.1


class JobService:
    """The jobs of every owner, in whichever process they are worked on.

    Attributes:
        news: tells who follows a job when to look at it again.
    """

    def __init__(self, parts: JobParts, queue: DurableQueue, worker: Worker, twins: Twins) -> None:
        self.news = parts.news
        self._parts = parts
        self._settings = parts.settings
        self._jobs = parts.transcriptions
        self._queue = queue
        self._worker = worker
        self._twins = twins
        self._decoding = Decoding(parts.disk, parts.settings.max_duration_s)
        self._n_arriving = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Keep a place in the queue while a recording is received and submitted.

        Raises:
            QueueFullError: as many are waiting, or are being received, as are allowed.
        """
        n_waiting = await self._jobs.n_waiting()
        self._parts.metrics.show_waiting(n_waiting)
        if n_waiting + self._n_arriving >= self._settings.max_queued_jobs:
            raise QueueFullError(
                "As many recordings as are allowed are waiting.", retry_after_s=RETRY_AFTER_S
            )
        self._n_arriving += 1
        try:
            yield
        finally:
            self._n_arriving -= 1

    async def submit(self, recording: StoredFile, options: TranscribeOptions, owner: str) -> Job:
        """Look into a file and queue it, unless its transcript is there already.

        Args:
            recording: from here on ours. A place in the queue is kept for it.

        Raises:
            EmptyAudioError, UnreadableAudioError, NoAudioStreamError, UnsupportedMediaError:
                what the content is not.
            TooLongError: its header says that it lasts longer than is accepted.
        """
        with _removed_if_refused(recording.path):
            media = await run_sync(self._decoding.probe, recording.path)
            job = _new_job(recording, media, options)
            same = await self._jobs.same_blob(owner, recording.sha256)
            blob = await self._parts.blobs.keep(recording.path, job.id, same)
        with _removed_if_refused(blob):
            await self._jobs.add(job, owner, blob)
        if await self._known_work(job, owner) is Work.OURS:
            await self._twins.queue_again(job.id)
        return await self.get_head(job.id, owner)

    async def get(self, job_id: str, owner: str) -> Job:
        """Return a job as it is now, or raise JobNotFoundError."""
        return await self._jobs.find(job_id, owner)

    async def get_head(self, job_id: str, owner: str) -> Job:
        """Return a job without its result, or raise JobNotFoundError."""
        return await self._jobs.find(job_id, owner, with_result=False)

    async def get_json(self, job_id: str, owner: str) -> bytes:
        """Return a job as it is sent; the result of one that has ended may come from the cache.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        revision = await self._jobs.revision(job_id, owner)
        head = await self.get_head(job_id, owner)
        if not head.status.is_final:
            job = await self.get(job_id, owner)
            return await run_sync(lambda: job.model_dump_json().encode())
        result = await self._parts.cache.get(owner, job_id, revision)
        if result is None:
            job = await self.get(job_id, owner)
            result = await run_sync(_result_json, job)
            await self._parts.cache.put(owner, job_id, revision, result)
        return (
            head.model_dump_json(exclude={"result"}).encode()[:-1] + b',"result":' + result + b"}"
        )

    async def page(
        self, owner: str, *, limit: int, cursor: str | None, **filters: Unpack[Filters]
    ) -> JobPage:
        """Return a part of an owner's history; see `HistoryStore.page`."""
        return await self._parts.history.page(owner, limit=limit, cursor=cursor, **filters)

    async def tags(self, owner: str) -> list[TagCount]:
        """Return an owner's tags, by name."""
        return await self._parts.history.tags(owner)

    async def describe(self, job_id: str, owner: str, description: JobDescription) -> Job:
        """Call a job as its owner wishes, and return it without its result.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        return await self._jobs.describe(job_id, owner, description)

    async def events(self, job_id: str, owner: str, after: int = 0) -> AsyncIterator[JobEvent]:
        """Yield what happens to a job; see `job_events`."""
        async for event in job_events(self._jobs, self.news, job_id, owner, after):
            yield event

    async def cancel(self, job_id: str, owner: str) -> Job:
        """End a job; what was recognised so far stays.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it has ended already.
        """
        await self._jobs.cancel(job_id, owner, datetime.now(UTC))
        self.news.tell(job_id)
        self._parts.metrics.count_ended(JobStatus.CANCELLED)
        await self._let_go(job_id)
        await self._twins.settle_followers(job_id)
        return await self.get(job_id, owner)

    async def resume(self, job_id: str, owner: str) -> Job:
        """Go on with a job that was cancelled or failed, at the first chunk without a result.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it has not ended so, its recording is not kept any more, or it is
                still being stopped.
            QueueFullError: as many are waiting as are allowed.
        """
        if (await self.get_head(job_id, owner)).status.is_final:
            await self._stopped(job_id)
        async with self.place():
            await self._jobs.resume(job_id, owner, datetime.now(UTC))
        # if we die here, housekeeping finds that nobody waits for it
        await self._twins.queue_again(job_id)
        return await self.get(job_id, owner)

    async def delete(self, job_id: str, owner: str | None) -> None:
        """Remove a job in any state, with its recording and all that was made of it.

        Args:
            owner: None: whoever's.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        true_owner = await self._jobs.owner(job_id)
        followers = await self._jobs.followers(job_id)
        left = await self._jobs.delete(job_id, owner)
        self.news.tell(job_id)
        await self._parts.blobs.remove(left.blob)
        await self._parts.cache.delete(true_owner, job_id)
        await self._parts.cache.delete_chunks(true_owner, left.chunk_keys)
        await self._let_go(job_id)
        for follower in followers:
            await self._twins.queue_again(follower)

    async def edit_segment(self, job_id: str, owner: str, index: int, text: str) -> Segment:
        """Correct a segment of a job that has ended.

        Raises:
            JobNotFoundError: no job of that owner has the id, or it has no such segment.
            WrongStateError: it has not ended yet.
        """
        if not (await self.get_head(job_id, owner)).status.is_final:
            raise WrongStateError("A transcript can be corrected once it has ended.")
        return await self._jobs.edit_segment(job_id, owner, index, text)

    async def waveform(self, job_id: str, owner: str) -> Waveform:
        """Return how a recording looks.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it is not decoded, or was not by a version that looked.
        """
        waveform = await self._jobs.waveform(job_id, owner)
        if waveform is None:
            raise WrongStateError("The recording is not decoded yet.")
        return waveform

    async def audio(self, job_id: str, owner: str) -> tuple[FileInfo, Path]:
        """Return what a recording is and where it lies.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            AudioNotFoundError: the recording is not kept any more.
        """
        job = await self.get_head(job_id, owner)
        blob = await self._jobs.blob(job_id, owner)
        if blob is None or not await run_sync(blob.exists):
            raise AudioNotFoundError("The recording is not kept any more.")
        return job.file, blob

    async def _known_work(self, job: Job, owner: str) -> Work:
        """Say who does the work of a job, as far as that is known before it is decoded."""
        if job.options.force:
            return Work.OURS
        audio_sha256 = await self._jobs.known_audio(owner, job.file.sha256)
        if audio_sha256 is None:
            return Work.OURS
        try:
            model = await self._parts.llm.serving_model()
        except (LlmNotReadyError, LlmFailedError):
            return Work.OURS
        return await self._twins.divide(job, audio_sha256, model)

    async def _stopped(self, job_id: str) -> None:
        """Wait until no process works on a job: else it would be worked on twice."""
        for _ in range(round(STOPPING_S / _LOOK_S)):
            if not await self._queue.is_running(job_id):
                return
            await asyncio.sleep(_LOOK_S)
        raise WrongStateError("The transcription is still being stopped.")

    async def _let_go(self, job_id: str) -> None:
        self._worker.stop(job_id)
        await self._queue.forget_unless_running(job_id)


@contextmanager
def _removed_if_refused(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _result_json(job: Job) -> bytes:
    return job.result.model_dump_json().encode() if job.result else b"null"


def _new_job(recording: StoredFile, media: MediaInfo, options: TranscribeOptions) -> Job:
    return Job(
        id=uuid.uuid4().hex,
        status=JobStatus.QUEUED,
        created_at=datetime.now(UTC),
        file=FileInfo(
            name=recording.name,
            size_bytes=recording.size_bytes,
            sha256=recording.sha256,
            duration_s=media.duration_s,
            container=media.container,
            codec=media.codec,
            sample_rate=media.sample_rate,
            channels=media.channels,
        ),
        options=options,
    )
