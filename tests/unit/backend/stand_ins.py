"""In-memory stand-ins for the queue and the checkpoint; the stores are real."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from backend.metrics import JobMetrics
from backend.notifications import JobNotifier
from backend.pipeline.pcm import PcmRecording
from backend.queueing.liveness import Liveness
from backend.queueing.worker import Worker
from backend.storage.blobs import FolderBlobs, blob_name
from backend.storage.cache import TranscriptCache
from backend.storage.database import StartedJob, Stores
from backend.storage.work_folder import WorkFolder
from backend.transcription.chunk_cache import ChunkCache
from backend.transcription.chunk_transcriber import ChunkTranscriber
from backend.transcription.context import JobContext, StepFailedError
from backend.transcription.deduplication import Deduplicator
from backend.transcription.diarization import Diarizer
from backend.transcription.plan import Plan, RecordingPlan
from backend.transcription.punctuation import TextPunctuator
from backend.transcription.stages import JobStages
from backend.transcription.voice_prints import VoiceSuggester
from backend.transcription.workflow import TranscriptionWorkflow
from contracts.audio import SAMPLE_RATE
from contracts.jobs import Job, JobWarning
from contracts.options import TranscribeOptions
from contracts.problems import Problem
from servicekit.errors import ServiceError
from unit.backend.stand_in_llm import StandInLlm
from unit.backend.storage.database.recorded import (
    NOON,
    OWNER,
    new_job,
    segments,
)

CHUNK_SAMPLES = SAMPLE_RATE


class StandInCheckpoint:
    """Records the steps of one job; `restart` numbers them from the beginning again."""

    def __init__(self) -> None:
        self._recorded: dict[int, tuple[str, str | Problem]] = {}
        self._next_number = 0
        self.executed: list[str] = []

    def restart(self) -> None:
        self._next_number = 0

    def __call__(self, name: str, work: Callable[[], Awaitable[str]]) -> Awaitable[str]:
        number, self._next_number = self._next_number, self._next_number + 1
        return asyncio.ensure_future(self._outcome(number, name, work))

    async def _outcome(self, number: int, name: str, work: Callable[[], Awaitable[str]]) -> str:
        if number not in self._recorded:
            self.executed.append(name)
            try:
                self._recorded[number] = name, await work()
            except ServiceError as error:
                self._recorded[number] = name, error.to_problem()
        recorded_name, outcome = self._recorded[number]
        assert recorded_name == name, "the order of the steps has changed"
        if isinstance(outcome, Problem):
            raise StepFailedError(outcome)
        return outcome


class StandInQueue:
    """Jobs wait in `waiting`, and run once a test moves them to `running`.

    Attributes:
        running: ids of jobs by process id.
        submitted: ids of all jobs that were submitted, in order.
    """

    def __init__(self) -> None:
        self.submitted: list[str] = []
        self.waiting: set[str] = set()
        self.running: dict[str, set[str]] = {}
        self.n_delete_ended = 0

    async def submit(self, job: Job) -> None:
        self.submitted.append(job.id)
        if job.id not in self._all_running():
            self.waiting.add(job.id)

    async def submit_new(self, job: Job) -> None:
        await self.submit(job)

    async def unfinished(self) -> set[str]:
        return self.waiting | self._all_running()

    async def is_running(self, job_id: str) -> bool:
        return job_id in self._all_running()

    async def remove(self, job_id: str) -> None:
        self.waiting.discard(job_id)

    async def delete_ended(self) -> None:
        self.n_delete_ended += 1

    @staticmethod
    def delete_outdated() -> None:
        pass

    async def started_by(self, process_id: str) -> set[str]:
        return set(self.running.get(process_id, ()))

    async def processes_with_jobs(self) -> set[str]:
        return {process_id for process_id, job_ids in self.running.items() if job_ids}

    async def recover(self, process_ids: Collection[str]) -> None:
        for process_id in process_ids:
            self.waiting |= self.running.pop(process_id)

    async def reassign(self, process_id: str, job_ids: Collection[str]) -> None:
        started = self.running.get(process_id, set())
        abandoned = started & set(job_ids)
        started -= abandoned
        self.waiting |= abandoned

    def _all_running(self) -> set[str]:
        return set().union(*self.running.values())


class StandInPreparation:
    """Writes a recording whose chunk n has all samples 100 * n, one second each.

    Attributes:
        n_signals: voices that speak in turn, a chunk each, on a channel each.
        language: of the first speech.
        n_opening: chunks that are planned before the rest; 0: all are planned at once.
        before_rest: called before the rest is planned.
    """

    def __init__(self, work: WorkFolder, n_chunks: int = 3) -> None:
        self._work = work
        self.n_chunks = n_chunks
        self.n_opening = 0
        self.before_rest: Callable[[], Awaitable[None]] | None = None
        self.warnings: list[JobWarning] = []
        self.error: Exception | None = None
        self.n_prepared = 0
        self.n_signals = 1
        self.language: str | None = None

    async def prepare(self, run: JobContext, opening: RecordingPlan | None = None) -> RecordingPlan:
        self.n_prepared += 1
        if self.error is not None:
            raise self.error
        if opening is not None and self.before_rest is not None:
            await self.before_rest()
        self._write(run)
        whole = self._plan()
        if opening is not None or not self.n_opening:
            return whole
        (signal,) = whole.signals
        first = signal.model_copy(update={"chunks": signal.chunks[: self.n_opening]})
        return whole.model_copy(update={"signals": [first], "is_opening": True})

    def _plan(self) -> RecordingPlan:
        n_samples = self.n_chunks * CHUNK_SAMPLES
        chunks = [(i * CHUNK_SAMPLES, (i + 1) * CHUNK_SAMPLES) for i in range(self.n_chunks)]
        signal = Plan(
            n_samples=n_samples or CHUNK_SAMPLES,
            peak=0.5,
            audio_sha256="audio",
            spans=chunks,
            gain_db=0.0,
            chunks=chunks,
        )
        voices = range(self.n_signals)
        turns = [chunks[voice :: self.n_signals] for voice in voices]
        signals = [
            signal.model_copy(
                update={
                    "spans": turns[voice],
                    "chunks": turns[voice],
                    "weights": [float(voice == channel) for channel in voices],
                }
            )
            for voice in voices
        ]
        return RecordingPlan(signals=signals, warnings=self.warnings, language=self.language)

    async def recording(self, started: StartedJob) -> PcmRecording:
        """Return ten minutes of noise."""
        if not started.blob:
            raise FileNotFoundError
        samples = np.random.default_rng(1).integers(-3000, 3000, 600 * SAMPLE_RATE, dtype="<i2")
        path = self._work.pcm(started.job.id)
        path.write_bytes(samples.tobytes())
        plan = Plan(
            n_samples=samples.size,
            peak=0.1,
            audio_sha256="audio",
            spans=[(0, samples.size)],
            gain_db=0.0,
            chunks=[],
        )
        return plan.recording(path)

    async def recordings(self, run: JobContext, plan: RecordingPlan) -> list[PcmRecording]:
        if not plan.is_at(self._work.pcm(run.job.id)):
            self._write(run)
        return [signal.recording(self._work.pcm(run.job.id)) for signal in plan.signals]

    def _write(self, run: JobContext) -> None:
        numbers = np.arange(self.n_chunks)
        channels = numbers[:, None] % self.n_signals == np.arange(self.n_signals)
        values = channels * numbers[:, None] * 100
        samples = np.repeat(values.astype("<i2"), CHUNK_SAMPLES, axis=0)
        self._work.pcm(run.job.id).write_bytes(samples.tobytes())


@dataclass
class Components:
    """Everything that the classes under test take in their constructors."""

    folder: Path
    stores: Stores
    work: WorkFolder
    cache: TranscriptCache
    metrics: JobMetrics
    preparation: StandInPreparation
    llm: StandInLlm = field(default_factory=StandInLlm)
    queue: StandInQueue = field(default_factory=StandInQueue)
    notifier: JobNotifier = field(default_factory=JobNotifier)

    def __post_init__(self) -> None:
        stores = self.stores
        self.blobs = FolderBlobs(self.folder)
        self.chunks = ChunkCache(stores.chunks, self.cache)
        self.deduplicator = Deduplicator(
            stores.duplicates, stores.jobs, stores.runs, self.cache, self.notifier
        )

    def stages(self, shown_after_s: float = 0.0) -> JobStages:
        return JobStages(self.stores.runs, self.notifier, self.metrics, shown_after_s)

    def liveness(self, worker: Worker | None = None, max_missed: int = 3) -> Liveness:
        return Liveness(
            backends=self.stores.backends,
            queue=self.queue,
            worker=worker or self.worker(),
            work=self.work,
            interval_s=1.0,
            timeout_s=max_missed,
        )

    def workflow(
        self, checkpoint: StandInCheckpoint | None = None, concurrency: int = 1
    ) -> TranscriptionWorkflow:
        checkpoint = checkpoint or StandInCheckpoint()
        checkpoint.restart()
        return TranscriptionWorkflow(
            preparation=self.preparation,
            deduplicator=self.deduplicator,
            diarizer=Diarizer(self.llm, self.stores.runs, self.stages(), checkpoint, 3600.0),
            transcriber=ChunkTranscriber(self.llm, self.chunks, checkpoint),
            suggester=VoiceSuggester(self.llm, self.stores.jobs, self.stores.voices, checkpoint),
            llm=self.llm,
            jobs=self.stores.jobs,
            runs=self.stores.runs,
            stages=self.stages(),
            notifier=self.notifier,
            checkpoint=checkpoint,
            concurrency=lambda: concurrency,
            eta_interval_s=3600.0,
        )

    def punctuator(self) -> TextPunctuator:
        return TextPunctuator(self.preparation, self.llm, self.stores, self.notifier)

    def worker(self, workflow: object | None = None, ended_check_s: float = 3600.0) -> Worker:
        return Worker(
            workflow=workflow or self.workflow(),
            punctuator=self.punctuator(),
            deduplicator=self.deduplicator,
            queue=self.queue,
            jobs=self.stores.jobs,
            runs=self.stores.runs,
            requests=self.stores.punctuation,
            work=self.work,
            notifier=self.notifier,
            metrics=self.metrics,
            ended_check_s=ended_check_s,
        )

    async def add_job(self, options: TranscribeOptions | None = None, owner: str = OWNER) -> Job:
        """Add a queued job with a recording."""
        job = new_job(options=options)
        blob = blob_name(job.id)
        self.path(blob).parent.mkdir(parents=True, exist_ok=True)
        self.path(blob).write_bytes(b"recording")
        return await self.stores.jobs.add(job, owner, blob)

    def path(self, blob: str) -> Path:
        """Return the file of a blob."""
        return self.folder / blob

    async def begin(self, job_id: str) -> JobContext:
        started = await self.stores.runs.begin(job_id, NOON)
        assert started is not None
        return JobContext(started.job, started.owner, started.blob, started.queued_at)

    async def new_run(self, options: TranscribeOptions | None = None) -> JobContext:
        return await self.begin((await self.add_job(options)).id)

    async def texts(self, job_id: str) -> list[str]:
        return [segment.text for segment in await segments(self.stores, job_id)]


def chunk_texts(indices: Iterable[int]) -> list[str]:
    return [f"chunk {index}" for index in indices]
