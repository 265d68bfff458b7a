"""Accept recordings: reserve a place, probe the file, store it, and queue the job."""

import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import anyio

from backend.errors import AudioNotFoundError, QueueFullError
from backend.llm_client import LlmClient
from backend.media_decoder import MediaDecoder
from backend.pipeline.decode import MediaInfo
from backend.queueing.job_queue import JobQueue
from backend.storage.blobs import BlobStore
from backend.storage.database import (
    DeduplicationStore,
    GlossaryStore,
    JobStore,
    QueueStore,
    UsageStore,
)
from backend.storage.files import StoredFile
from backend.storage.work_folder import WorkFolder
from backend.transcription.cache_keys import options_key
from backend.transcription.deduplication import Deduplicator, ResultSource
from contracts.jobs import FileInfo, Job, JobStatus
from contracts.options import TranscribeOptions
from servicekit import tracing
from servicekit.errors import UnsupportedOptionError

RETRY_AFTER_S = 30
"""Seconds after which a client may try again when the queue is full."""


class JobSubmission:
    """Turns received files into jobs.

    Args:
        max_queued: jobs of one owner that may wait.
    """

    def __init__(  # noqa: PLR0913  # one argument for each dependency
        self,
        *,
        jobs: JobStore,
        waiting: QueueStore,
        usage: UsageStore,
        duplicates: DeduplicationStore,
        glossaries: GlossaryStore,
        blobs: BlobStore,
        work: WorkFolder,
        llm: LlmClient,
        decoder: MediaDecoder,
        queue: JobQueue,
        deduplicator: Deduplicator,
        max_queued: int,
    ) -> None:
        self._jobs = jobs
        self._waiting = waiting
        self._usage = usage
        self._duplicates = duplicates
        self._glossaries = glossaries
        self._blobs = blobs
        self._work = work
        self._llm = llm
        self._decoder = decoder
        self._queue = queue
        self._deduplicator = deduplicator
        self._max_queued = max_queued
        self._n_arriving: Counter[str] = Counter()

    async def ensure_place(self, owner: str) -> None:
        """Check that a recording could be queued, before it is received.

        Each owner has places of its own, so that no one shuts out the others.

        Raises:
            QueueFullError: the owner's waiting recordings have reached the limit.
            AudioQuotaError, StorageQuotaError: as `ensure_quota` does.
        """
        await self.ensure_quota(owner)
        await self._ensure_free(owner)

    async def ensure_quota(self, owner: str, n_bytes: int = 0) -> None:
        """Check that a recording would be within the owner's quota, before it is received.

        Args:
            n_bytes: announced size of the recording; 0: unknown.

        Raises:
            AudioQuotaError: the owner has sent too much audio today.
            StorageQuotaError: the owner's recordings would take too much space.
        """
        await self._usage.ensure_allows(owner, n_bytes, datetime.now(UTC))

    @asynccontextmanager
    async def place(self, owner: str) -> AsyncGenerator[None]:
        """Reserve a place in the queue while a complete recording is submitted.

        Raises: QueueFullError: the owner's waiting recordings have reached the limit.
        """
        await self._ensure_free(owner)
        self._n_arriving[owner] += 1
        try:
            yield
        finally:
            self._n_arriving[owner] -= 1

    async def accept(self, recording: StoredFile, options: TranscribeOptions, owner: str) -> Job:
        """Reserve a place for a received file and submit it.

        Args:
            recording: taken over.

        Raises:
            QueueFullError: the queue has filled up while the file was received.
            ServiceError: as `submit` does.
        """
        with _removed_on_error(recording.path):
            async with self.place(owner):
                return await self.submit(recording, options, owner)

    async def submit(self, recording: StoredFile, options: TranscribeOptions, owner: str) -> Job:
        """Probe a file and queue it, unless its transcript exists.

        Args:
            recording: taken over; the caller has reserved a place for it.
            options: without a glossary, the job gets the one that the owner saved.

        Raises:
            EmptyAudioError, UnreadableAudioError, NoAudioStreamError, UnsupportedMediaError:
                the file is not usable.
            NoSuchTrackError: the file has no track of the number in the options.
            TooLongError: its header declares more than the maximum length.
            AudioQuotaError, StorageQuotaError: the owner's quota does not allow it.
            UnknownModelError: there is no model of the requested id.
            UnsupportedOptionError: the model cannot follow an option.
        """
        with _removed_on_error(recording.path):
            await self._ensure_supported(options)
            media = await self._decoder.probe(
                recording.path,
                name=recording.name,
                input_format=options.input_format,
                audio_track=options.audio_track,
                keep_as=recording.sha256,
            )
            options = await self._with_glossary(options, owner)
            job = _new_job(recording, media, options)
            same = await self._duplicates.same_blob(owner, recording.sha256)
            blob = await self._blobs.keep(recording.path, job.id, same)
        async with self._blob_removed_on_error(blob):
            job = await self._jobs.add(job, owner, blob, tracing.traceparent())
        if await self._resolve_known(job, owner) is not ResultSource.COMPUTE:
            return await self._jobs.get(job.id, owner, with_result=False)
        await self._queue.submit_new(job)
        return job

    async def repeat(
        self, file: FileInfo, blob: str, options: TranscribeOptions, owner: str
    ) -> Job:
        """Submit a stored recording once more.

        Args:
            file: the recording's properties.
            blob: name of the recording; it stays.

        Raises:
            QueueFullError: the owner's waiting recordings have reached the limit.
            AudioNotFoundError: the recording was deleted.
            ServiceError: as `submit` does.
        """
        path = self._work.path_for_new_file()
        with _removed_on_error(path):
            try:
                await self._blobs.copy(blob, path)
            except FileNotFoundError:
                raise AudioNotFoundError("The recording is no longer stored.") from None
            recording = StoredFile(path, file.name, file.size_bytes, file.sha256)
            return await self.accept(recording, options, owner)

    async def _ensure_free(self, owner: str) -> None:
        n_waiting = await self._waiting.n_waiting(owner)
        if n_waiting + self._n_arriving[owner] >= self._max_queued:
            raise QueueFullError(
                "The maximum number of recordings is waiting.", retry_after_s=RETRY_AFTER_S
            )

    @asynccontextmanager
    async def _blob_removed_on_error(self, blob: str) -> AsyncGenerator[None]:
        try:
            yield
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._blobs.remove(blob)
            raise

    async def _ensure_supported(self, options: TranscribeOptions) -> None:
        """Refuse options that the model cannot follow; while none serves, all are accepted."""
        route = await self._llm.known_route(options)
        if route and (unsupported := route.unsupported_options(options)):
            raise UnsupportedOptionError(unsupported)

    async def _with_glossary(self, options: TranscribeOptions, owner: str) -> TranscribeOptions:
        """Return the options with the saved glossary, unless they have one."""
        if options.glossary is not None:
            return options
        return options.model_copy(update={"glossary": await self._glossaries.get(owner)})

    async def _resolve_known(self, job: Job, owner: str) -> ResultSource:
        """Return the source of a job's result, as far as that is known before decoding."""
        if job.options.force:
            return ResultSource.COMPUTE
        key = options_key(job.options)
        audio_sha256 = await self._duplicates.known_audio(owner, job.file.sha256, key)
        if audio_sha256 is None:
            return ResultSource.COMPUTE
        route = await self._llm.known_route(job.options)
        if route is None or route.depends_on_language:
            return ResultSource.COMPUTE
        return await self._deduplicator.resolve(job, audio_sha256, route.identities)


@contextmanager
def _removed_on_error(path: Path) -> Generator[None]:
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


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
            audio_tracks=list(media.tracks),
            audio_track=media.track,
        ),
        options=options,
    )
