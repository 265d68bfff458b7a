"""Read, cancel, resume, edit and delete jobs."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Unpack

from anyio.to_thread import run_sync

from backend.errors import (
    AudioNotFoundError,
    WrongStateError,
)
from backend.jobs.events import JobEvents
from backend.jobs.submission import JobSubmission
from backend.metrics import JobMetrics
from backend.notifications import JobNotifier
from backend.queueing.job_queue import JobQueue
from backend.queueing.worker import Worker
from backend.readable.bare_text import is_mostly_bare
from backend.readable.text import rewrite_text
from backend.storage.blobs import Blob, BlobStore
from backend.storage.cache import TranscriptCache
from backend.storage.database import (
    Filters,
    HistoryStore,
    JobStore,
    PunctuationStore,
    SpeakerStore,
    TranscriptStore,
    WrittenOptions,
)
from backend.transcription.cache_keys import options_key
from backend.transcription.deduplication import Deduplicator
from contracts.events import JobEvent
from contracts.jobs import (
    FileInfo,
    Job,
    JobDescription,
    JobPage,
    JobStatus,
    JobWarning,
    SegmentBorder,
    SegmentCorrection,
    TagCount,
)
from contracts.options import Punctuation, Task, TextOptions, TranscribeOptions
from contracts.recordings import Waveform
from contracts.transcription import Segment, Speaker

_STOP_POLL_S = 0.1


class JobService:
    """The jobs of all owners, whichever process works on them.

    Args:
        stop_timeout_s: seconds that a process may take to stop a cancelled job.
    """

    def __init__(  # noqa: PLR0913  # one argument for each dependency
        self,
        *,
        jobs: JobStore,
        transcripts: TranscriptStore,
        speakers: SpeakerStore,
        history: HistoryStore,
        requests: PunctuationStore,
        blobs: BlobStore,
        cache: TranscriptCache,
        submission: JobSubmission,
        queue: JobQueue,
        worker: Worker,
        deduplicator: Deduplicator,
        events: JobEvents,
        notifier: JobNotifier,
        metrics: JobMetrics,
        stop_timeout_s: float,
    ) -> None:
        self.notifier = notifier
        self._jobs = jobs
        self._transcripts = transcripts
        self._speakers = speakers
        self._history = history
        self._requests = requests
        self._blobs = blobs
        self._cache = cache
        self._submission = submission
        self._queue = queue
        self._worker = worker
        self._deduplicator = deduplicator
        self._events = events
        self._metrics = metrics
        self._stop_timeout_s = stop_timeout_s

    async def get(self, job_id: str, owner: str) -> Job:
        """Return a job, or raise JobNotFoundError."""
        return await self._jobs.get(job_id, owner)

    async def get_head(self, job_id: str, owner: str) -> Job:
        """Return a job without its result, or raise JobNotFoundError."""
        return await self._jobs.get(job_id, owner, with_result=False)

    async def get_json(self, job_id: str, owner: str, word_timestamps: bool | None = None) -> bytes:
        """Return a job as JSON; the result of a finished one may come from the cache.

        Args:
            word_timestamps: whether segments have words; None: as in the job's options.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        job, revision = await self._jobs.get_with_revision(job_id, owner)
        words = job.options.word_timestamps if word_timestamps is None else word_timestamps
        if not job.status.is_final:
            return await run_sync(lambda: job.as_requested(words).model_dump_json().encode())
        result = await self._cache.get(owner, job_id, revision, with_words=words)
        if result is None:
            whole = await self.get(job_id, owner)
            result = await run_sync(_result_json, whole.as_requested(words))
            await self._cache.put(owner, job_id, revision, result, with_words=words)
        return job.model_dump_json(exclude={"result"}).encode()[:-1] + b',"result":' + result + b"}"

    async def page(
        self, owner: str, *, limit: int, cursor: str | None, **filters: Unpack[Filters]
    ) -> JobPage:
        """Return a page of an owner's history; see `HistoryStore.page`."""
        return await self._history.page(owner, limit=limit, cursor=cursor, **filters)

    async def tags(self, owner: str) -> list[TagCount]:
        """Return an owner's tags, sorted."""
        return await self._history.tags(owner)

    async def describe(self, job_id: str, owner: str, description: JobDescription) -> Job:
        """Set a job's title, tags and folder, and return it without its result.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        return await self._jobs.describe(job_id, owner, description)

    def events(self, job_id: str, owner: str, after: int = 0) -> AsyncGenerator[JobEvent]:
        """Yield the events of a job; see `JobEvents.follow`."""
        return self._events.follow(job_id, owner, after)

    @property
    def n_streams(self) -> int:
        """The number of open event streams."""
        return self._events.n_streams

    async def cancel(self, job_id: str, owner: str) -> Job:
        """Cancel a job and return it; its result so far stays.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it has ended already.
        """
        await self._jobs.cancel(job_id, owner, datetime.now(UTC))
        self.notifier.notify(job_id)
        self._metrics.count_ended(JobStatus.CANCELLED)
        await self._remove_from_queue(job_id)
        for duplicate in await self._deduplicator.complete_duplicates(job_id):
            await self._queue.submit(duplicate)
        return await self.get(job_id, owner)

    async def resume(self, job_id: str, owner: str) -> Job:
        """Continue a cancelled or failed job at the first chunk without a result.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it is neither cancelled nor failed, its recording was deleted, or
                it is still being stopped.
            QueueFullError: the queue is full.
        """
        if (await self.get_head(job_id, owner)).status.is_final:
            await self._wait_until_stopped(job_id)
        async with self._submission.place(owner):
            job = await self._jobs.resume(job_id, owner, datetime.now(UTC))
        # after a crash here, reconciliation finds that the job is not queued
        await self._queue.submit(job)
        return await self.get(job_id, owner)

    async def repeat(self, job_id: str, owner: str, options: TranscribeOptions) -> Job:
        """Transcribe a job's recording once more, as a new job with its description and notes.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            AudioNotFoundError: the recording was deleted.
            QueueFullError: the queue is full.
        """
        file, blob = await self.audio(job_id, owner)
        job = await self._submission.repeat(file, blob.name, options, owner)
        return await self._jobs.copy_description(job_id, job.id, owner)

    async def delete(self, job_id: str, owner: str | None) -> None:
        """Delete a job in any state, with its recording and its result.

        Args:
            owner: None for any.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        deleted = await self._jobs.delete(job_id, owner)
        self.notifier.notify(job_id)
        await self._blobs.remove(deleted.blob)
        await self._cache.delete(deleted.owner, job_id)
        await self._cache.delete_chunks(deleted.owner, deleted.chunk_keys)
        await self._remove_from_queue(job_id)
        for duplicate_id in deleted.duplicates:
            duplicate = await self._deduplicator.complete_duplicate(duplicate_id, job_id)
            if duplicate is not None:
                await self._queue.submit(duplicate)

    async def delete_ended(self, job_id: str) -> bool:
        """Delete a job unless it was resumed; return whether it was deleted.

        Raises: JobNotFoundError: no job has the id.
        """
        if not (await self._jobs.status(job_id)).is_final:
            return False
        await self.delete(job_id, owner=None)
        return True

    async def edit_segment(
        self, job_id: str, owner: str, index: int, correction: SegmentCorrection
    ) -> Segment:
        """Correct a segment of a job that has ended.

        Raises:
            JobNotFoundError: no job of that owner has the id, or it has no such segment.
            WrongStateError: it has not ended yet.
        """
        await self._ensure_ended(job_id, owner)
        return await self._transcripts.edit_segment(job_id, owner, index, correction)

    async def split_segment(
        self, job_id: str, owner: str, index: int, border: SegmentBorder
    ) -> list[Segment]:
        """Split a segment of a completed job; see `TranscriptStore.split_segment`."""
        await self._ensure_completed(job_id, owner)
        return await self._transcripts.split_segment(job_id, owner, index, border)

    async def join_segments(self, job_id: str, owner: str, index: int) -> list[Segment]:
        """Join a segment of a completed job with the next; see `TranscriptStore.join_segments`."""
        await self._ensure_completed(job_id, owner)
        return await self._transcripts.join_segments(job_id, owner, index)

    async def move_border(
        self, job_id: str, owner: str, index: int, border: SegmentBorder
    ) -> list[Segment]:
        """Move the border after a segment of a completed job; see `TranscriptStore.move_border`."""
        await self._ensure_completed(job_id, owner)
        return await self._transcripts.move_border(job_id, owner, index, border)

    async def rewrite_text(self, job_id: str, owner: str, changes: TextOptions) -> Job:
        """Rewrite the text of a job that has ended from its recognised words.

        Corrections stay. Segments without stored words keep their text. A completed text without
        marks gets them from its recording later, unless that is no longer stored.

        Args:
            changes: how to write it; what is null is as in the job's options.

        Returns: the job without its result.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it has not ended yet, or no word of it is stored.
        """
        while True:
            head = await self.get_head(job_id, owner)
            if not head.status.is_final:
                raise WrongStateError("A text can be rewritten once the job has ended.")
            revision, segments = await self._transcripts.with_revision(job_id, owner)
            options = head.options.model_copy(update=changes.model_dump(exclude_none=True))
            language = head.language or options.language
            written = await run_sync(rewrite_text, segments, language, options)
            if not written:
                raise WrongStateError(
                    "The words of this text are not stored: transcribe the recording again."
                )
            written_as = WrittenOptions(options, options_key(options))
            if await self._transcripts.rewrite(job_id, revision, written, written_as):
                has_failed = JobWarning.PUNCTUATION_FAILED in head.warnings
                if has_failed or await run_sync(is_mostly_bare, segments):
                    await self._punctuate(job_id, owner, options)
                return await self.get_head(job_id, owner)

    async def _punctuate(self, job_id: str, owner: str, options: TranscribeOptions) -> None:
        """Queue the text of a completed job to be punctuated, if its options ask for marks."""
        is_wanted = options.punctuation is Punctuation.AUTO and options.task is Task.TRANSCRIBE
        if not is_wanted or not await self._requests.request(job_id):
            return
        try:
            await self.audio(job_id, owner)
        except AudioNotFoundError:
            await self._requests.finish(job_id, JobWarning.RECORDING_NOT_STORED)
            return
        # after a crash here, reconciliation finds that the job is not queued
        await self._queue.submit(await self.get_head(job_id, owner))

    async def name_speaker(
        self, job_id: str, owner: str, speaker: str, name: str | None
    ) -> list[Speaker]:
        """Name or merge a speaker of a job that has ended; see `SpeakerStore.name`.

        Raises:
            JobNotFoundError: no job of that owner has the id, or it has no such speaker.
            WrongStateError: it has not ended yet.
        """
        await self._ensure_ended(job_id, owner)
        return await self._speakers.name(job_id, owner, speaker, name)

    async def waveform(self, job_id: str, owner: str) -> Waveform:
        """Return the waveform of a recording.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it is not decoded yet, or was decoded by a version without waveforms.
        """
        waveform = await self._jobs.waveform(job_id, owner)
        if waveform is None:
            raise WrongStateError("The recording is not decoded yet.")
        return waveform

    async def audio(self, job_id: str, owner: str) -> tuple[FileInfo, Blob]:
        """Return the properties of a recording and its blob.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            AudioNotFoundError: the recording was deleted.
        """
        job = await self.get_head(job_id, owner)
        name = await self._jobs.blob(job_id, owner)
        blob = name and await self._blobs.find(name)
        if not blob:
            raise AudioNotFoundError("The recording is no longer stored.")
        return job.file, blob

    async def _ensure_ended(self, job_id: str, owner: str) -> None:
        if not (await self.get_head(job_id, owner)).status.is_final:
            raise WrongStateError("A transcript can be corrected once it has ended.")

    async def _ensure_completed(self, job_id: str, owner: str) -> None:
        """Raise WrongStateError unless completed: a resumed job appends segments by index."""
        if (await self.get_head(job_id, owner)).status is not JobStatus.COMPLETED:
            raise WrongStateError("Segments can be split and joined once the job is completed.")

    async def _wait_until_stopped(self, job_id: str) -> None:
        """Wait until no process works on a job, so that no two do after it is resumed."""
        for _ in range(round(self._stop_timeout_s / _STOP_POLL_S)):
            if not await self._queue.is_running(job_id):
                return
            await asyncio.sleep(_STOP_POLL_S)
        raise WrongStateError("The transcription is still being stopped.")

    async def _remove_from_queue(self, job_id: str) -> None:
        self._worker.stop(job_id)
        await self._queue.remove(job_id)


def _result_json(job: Job) -> bytes:
    return job.result.model_dump_json().encode() if job.result else b"null"
