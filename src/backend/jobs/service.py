"""Accepts recordings, lets them wait their turn, and remembers what came of them."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import structlog
from asgi_correlation_id import correlation_id
from prometheus_client import CollectorRegistry, Counter, Gauge

from backend.errors import JobNotFoundError, QueueFullError, TooLongError
from backend.jobs.workflow import Workflow
from backend.llm_client import LlmClient
from backend.pipeline.decode import MediaInfo, probe
from backend.pipeline.prepare import too_long_detail
from backend.settings import BackendSettings
from backend.storage.disk import Disk
from backend.storage.files import StoredFile
from contracts.jobs import FileInfo, Job, JobStatus
from contracts.transcription import TranscribeOptions
from servicekit.errors import ServiceError

log = structlog.get_logger()

MAX_FINISHED_JOBS = 1000
"""Finished jobs that are remembered; then the oldest is forgotten."""

RETRY_AFTER_S = 30
"""What a client is told to wait when the queue is full."""


class JobService:
    """The jobs of this process; they live in memory, and end with it."""

    def __init__(
        self, settings: BackendSettings, llm: LlmClient, disk: Disk, registry: CollectorRegistry
    ) -> None:
        self._settings = settings
        self._workflow = Workflow(settings, llm, disk)
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(settings.max_running_jobs)
        self._n_arriving = 0
        self._metrics = _Metrics(registry)

    async def stop(self) -> None:
        """End every job; their files are removed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Keep a place in the queue while a recording is received and submitted.

        Raises:
            QueueFullError: as many are waiting, or are being received, as are allowed.
        """
        if self._n_waiting() + self._n_arriving >= self._settings.max_queued_jobs:
            raise QueueFullError(
                "As many recordings as are allowed are waiting.", retry_after_s=RETRY_AFTER_S
            )
        self._n_arriving += 1
        try:
            yield
        finally:
            self._n_arriving -= 1

    async def submit(self, recording: StoredFile, options: TranscribeOptions) -> Job:
        """Look into a file and queue it.

        Args:
            recording: from here on ours; it is removed when the job ends, or at once when
                it is refused. A place in the queue is kept for it.

        Raises:
            EmptyAudioError, UnreadableAudioError, NoAudioStreamError, UnsupportedMediaError:
                what the content is not.
            TooLongError: its header says that it lasts longer than is accepted.
        """
        with _removed_if_refused(recording.path):
            media = await asyncio.to_thread(probe, recording.path)
            if (media.duration_s or 0) > self._settings.max_duration_s:
                raise TooLongError(too_long_detail(self._settings.max_duration_s))
        job = _new_job(recording, media, options)
        self._jobs[job.id] = job
        task = asyncio.create_task(self._work_on(job, recording.path, media))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._metrics.show_waiting(self._n_waiting())
        return job

    def get(self, job_id: str) -> Job:
        """Return a job as it is now.

        Raises:
            JobNotFoundError: there is none, or it has been forgotten.
        """
        if job := self._jobs.get(job_id):
            return job
        raise JobNotFoundError("There is no transcription with this id.")

    def _n_waiting(self) -> int:
        return sum(job.status is JobStatus.QUEUED for job in self._jobs.values())

    async def _work_on(self, job: Job, source: Path, media: MediaInfo) -> None:
        pcm_path = source.with_name(f"{source.name}.pcm")
        try:
            async with self._turns:
                job.status, job.started_at = JobStatus.RUNNING, _now()
                self._metrics.show_waiting(self._n_waiting())
                await self._workflow.run(job, source, media, pcm_path)
            job.status = JobStatus.COMPLETED
        except ServiceError as error:
            _fail(job, error)
        except asyncio.CancelledError:
            job.status = JobStatus.CANCELLED
            raise
        except Exception:
            log.exception("transcription_broke", job_id=job.id)
            _fail(job, ServiceError("The service's log has the cause under this request id."))
        finally:
            job.finished_at = _now()
            await asyncio.to_thread(_remove, source, pcm_path)
            self._metrics.count_finished(job)
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        finished = [job.id for job in self._jobs.values() if job.status.is_final]
        for job_id in finished[:-MAX_FINISHED_JOBS]:
            del self._jobs[job_id]


class _Metrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._finished = Counter(
            "transcriptions", "Jobs that ended.", ["status"], registry=registry
        )
        self._audio_s = Counter(
            "transcribed_audio_seconds", "Length of what was transcribed.", registry=registry
        )
        self._waiting = Gauge(
            "transcriptions_waiting", "Jobs that wait their turn.", registry=registry
        )

    def show_waiting(self, n_jobs: int) -> None:
        self._waiting.set(n_jobs)

    def count_finished(self, job: Job) -> None:
        self._finished.labels(job.status.value).inc()
        if job.status is JobStatus.COMPLETED:
            self._audio_s.inc(job.progress.total_s)


@contextmanager
def _removed_if_refused(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        _remove(path)
        raise


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _new_job(recording: StoredFile, media: MediaInfo, options: TranscribeOptions) -> Job:
    return Job(
        id=uuid.uuid4().hex,
        status=JobStatus.QUEUED,
        created_at=_now(),
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


def _fail(job: Job, error: ServiceError) -> None:
    job.status = JobStatus.FAILED
    job.error = error.to_problem(correlation_id.get())
    log.warning("transcription_failed", job_id=job.id, type=job.error.type)


def _now() -> datetime:
    return datetime.now(UTC)
