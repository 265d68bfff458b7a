"""The use case: from a recording to its transcript.

Prepare it, resolve duplicates, transcribe its chunks, assemble them, and find out who speaks. The
opening of a long recording is transcribed while the rest is prepared, and the rest is at the llm
before the text of the opening is complete.

Preparation, each chunk and the diarization are durable steps: a step that is done is not repeated,
however often the process restarts. Everything between the steps only reads, or writes the same
values again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from anyio.to_thread import run_sync

from backend.errors import DecoderCrashedError
from backend.eta import EtaEstimator, stored_eta
from backend.llm_client import LlmClient
from backend.notifications import JobNotifier
from backend.pipeline.pcm import PcmRecording
from backend.readable.text import write_readable
from backend.storage.database import ChunkResult, JobStore, PreparedRecording, RunStore
from backend.storage.disk import retry_on_disk_full
from backend.transcription.chunk_transcriber import ChunkTranscriber
from backend.transcription.context import (
    Checkpoint,
    ChunkContext,
    JobContext,
    StepFailedError,
)
from backend.transcription.deduplication import Deduplicator, ResultSource
from backend.transcription.diarization import Diarizer, channel_turns, is_by_voice
from backend.transcription.ordered_map import ordered_map, started_early
from backend.transcription.plan import ChunkPlace, RecordingPlan
from backend.transcription.preparation import Preparation
from backend.transcription.signals_assembly import SignalsAssembly
from backend.transcription.stages import JobStages
from backend.transcription.voice_prints import VoiceSuggester
from contracts.audio import SAMPLE_RATE
from contracts.jobs import Job, JobWarning, Progress, Stage
from contracts.models import ModelIdentity
from contracts.options import Punctuation, TranscribeOptions
from contracts.routing import Route
from contracts.transcription import RecognizedChunk
from servicekit.errors import ServiceError

T = TypeVar("T")


@dataclass(frozen=True)
class _Opening:
    """The opening of a recording, which is being transcribed.

    Attributes:
        n_chunks: of its plan.
        transcribed: done once the text of all of them is stored.
    """

    n_chunks: int
    transcribed: asyncio.Future[None]


class TranscriptionWorkflow:
    """Transcribes recordings; the stores hold the results and the progress.

    Args:
        concurrency: returns how many chunks of one job to have at the llm at once.
        eta_interval_s: seconds between two updates of the stored ETA.
    """

    def __init__(  # noqa: PLR0913  # one argument for each dependency
        self,
        *,
        preparation: Preparation,
        deduplicator: Deduplicator,
        diarizer: Diarizer,
        transcriber: ChunkTranscriber,
        suggester: VoiceSuggester,
        llm: LlmClient,
        jobs: JobStore,
        runs: RunStore,
        stages: JobStages,
        notifier: JobNotifier,
        checkpoint: Checkpoint,
        concurrency: Callable[[], int],
        eta_interval_s: float,
    ) -> None:
        self._preparation = preparation
        self._deduplicator = deduplicator
        self._diarizer = diarizer
        self._transcriber = transcriber
        self._suggester = suggester
        self._llm = llm
        self._jobs = jobs
        self._runs = runs
        self._stages = stages
        self._notifier = notifier
        self._checkpoint = checkpoint
        self._concurrency = concurrency
        self._eta_interval_s = eta_interval_s

    async def run(self, run: JobContext) -> bool:
        """Transcribe a recording.

        Returns: whether the transcript is complete; False: a primary computes it.

        Raises:
            ServiceError, StepFailedError: the problem to report to the client.
        """
        plan = await self._prepare(run)
        await self._store_plan(run, plan)
        if not plan.is_opening:
            return await self._complete(run, plan)
        recordings = await _retry_after_crash(lambda: self._preparation.recordings(run, plan))
        preparing = asyncio.ensure_future(self._prepare(run, plan))
        transcribed = asyncio.ensure_future(self._transcribe_opening(run, plan, recordings))
        try:
            await asyncio.wait({preparing, transcribed}, return_when=asyncio.FIRST_COMPLETED)
            if transcribed.done():
                await transcribed
            opening = _Opening(len(plan.chunks), transcribed)
            return await self._complete(run, await preparing, opening)
        except (ServiceError, StepFailedError):
            await transcribed  # its text is kept, whatever became of the rest
            raise
        finally:
            for task in (preparing, transcribed):
                task.cancel()
            await asyncio.gather(preparing, transcribed, return_exceptions=True)

    async def _transcribe_opening(
        self, run: JobContext, opening: RecordingPlan, recordings: Sequence[PcmRecording]
    ) -> None:
        """Transcribe the opening of a recording while the rest is prepared.

        Whether another job has the same result is known later: then it replaces this text.
        """
        try:
            if opening.chunks:
                route = await self._llm.wait_for_route(run.job.options, opening.language)
                await self._transcribe(run, opening, route, recordings)
        finally:
            run.opening_chunks_started.set()

    async def _complete(
        self, run: JobContext, plan: RecordingPlan, opening: _Opening | None = None
    ) -> bool:
        """Transcribe what follows the opening, and find out who speaks; see `run`.

        Its first chunks are at the llm before the text of the opening is complete.
        """
        if not plan.chunks:
            await self._wait_for_opening(run, plan, opening)
            return True
        route = await self._llm.wait_for_route(run.job.options, plan.language)
        result = run.job, plan.audio_sha256, route.identities
        if not await self._deduplicator.claim(*result):
            await self._wait_for_opening(run, plan, opening)
            source = await self._deduplicator.resolve(*result)
            if source is not ResultSource.COMPUTE:
                return source is ResultSource.REUSED
        recordings = await _retry_after_crash(lambda: self._preparation.recordings(run, plan))
        if opening is not None:
            await run.opening_chunks_started.wait()
            if opening.transcribed.done() or opening.n_chunks >= self._concurrency():
                await opening.transcribed
        await self._transcribe(run, plan, route, recordings, opening)
        await self._diarizer.diarize(run, plan, recordings)
        await self._suggester.suggest(run, recordings)
        return True

    async def _wait_for_opening(
        self, run: JobContext, plan: RecordingPlan, opening: _Opening | None
    ) -> None:
        """Wait for the text of the opening, and store what clients see of the whole plan."""
        if opening is not None:
            await opening.transcribed
            await self._store_plan(run, plan)

    def _prepare(
        self, run: JobContext, opening: RecordingPlan | None = None
    ) -> Awaitable[RecordingPlan]:
        """Start the step that prepares the recording, or what follows its opening.

        With `low_latency` that waits for the first text, so that decoding takes no core from it.
        """

        async def prepare() -> str:
            if opening is not None and opening.chunks and run.job.options.low_latency:
                await run.has_text.wait()
            started = time.monotonic()
            plan = await _retry_after_crash(lambda: self._preparation.prepare(run, opening))
            run.prepare_s += time.monotonic() - started
            return plan.model_dump_json()

        return _plan_of(self._checkpoint("prepare", prepare))

    async def _store_plan(self, run: JobContext, plan: RecordingPlan) -> None:
        """Store what clients see of a plan."""
        more_is_stored = plan.is_opening and run.job.progress.chunks_total  # by an earlier start
        if not more_is_stored:
            await self._runs.set_prepared(run.job.id, _prepared(plan, run.job))

    async def _transcribe(
        self,
        run: JobContext,
        plan: RecordingPlan,
        route: Route,
        recordings: Sequence[PcmRecording],
        opening: _Opening | None = None,
    ) -> None:
        """Transcribe the chunks concurrently, and assemble and store them in order.

        The chunks of the opening are remembered, and assembled again with the rest.
        """
        job, places = run.job, plan.places()
        n_opening = opening.n_chunks if opening else 0
        eta = await self._estimator(plan, n_opening, route.identities[0])
        n_done = Counter(place.signal for place in places[: job.progress.chunks_done])
        contexts = [
            ChunkContext(run, signal, recording, route, eta, n_done[index])
            for index, (signal, recording) in enumerate(zip(plan.signals, recordings, strict=True))
        ]
        speakers = channel_turns(plan, job.options.diarization)
        assembly = SignalsAssembly(plan, job.options.language, speakers)

        def places_to_start() -> Iterator[ChunkPlace]:
            """Yield the places, and note that the task of the opening's last one exists."""
            yield from places[n_opening:]
            if plan.is_opening:
                run.opening_chunks_started.set()

        def transcribe(place: ChunkPlace) -> Awaitable[RecognizedChunk]:
            return self._transcriber.transcribe(contexts[place.signal], place.index)

        results = ordered_map(
            transcribe,
            places_to_start(),
            partial(self._concurrency_beside, run, n_opening),
            at_first=max(n_opening, 1) if job.options.low_latency else None,
        )
        has_voices = is_by_voice(plan, job.options.diarization)
        async with (
            self._stages.enter(job.id, Stage.TRANSCRIBING),
            started_early(results) as recognized_chunks,
        ):
            await self._wait_for_opening(run, plan, opening)
            assembly.begin(run.opening)
            updates = stored_eta(self._runs, job.id, eta, self._eta_interval_s)
            async with nullcontext() if plan.is_opening else updates:
                index = n_opening
                async for recognized in recognized_chunks:
                    readable = await run_sync(_readable, recognized, job.options)
                    by_main = _by_main_model(readable, route)
                    more_follows = plan.is_opening or (index + 1 == len(places) and has_voices)
                    progress = _progress(plan, job, index, None if more_follows else eta.eta_s())
                    await self._store(job, assembly, index, by_main, progress)
                    run.has_text.set()
                    if plan.is_opening:
                        run.opening.append(by_main)
                    index += 1

    def _concurrency_beside(self, run: JobContext, n_opening: int) -> int:
        """Return how many chunks to have at the llm beside those of the opening, at least one."""
        n_left = max(n_opening - len(run.opening), 0)
        return max(self._concurrency() - n_left, 1)

    async def _store(
        self,
        job: Job,
        assembly: SignalsAssembly,
        index: int,
        recognized: RecognizedChunk,
        progress: Progress,
    ) -> None:
        added = assembly.add(index, recognized)
        result = ChunkResult(
            segments=added.segments,
            progress=progress,
            model=recognized.model,
            language=assembly.language,
            detected_language=assembly.detected_language,
            report=added.report,
            warnings=_warnings(recognized, job.options),
        )
        await retry_on_disk_full(partial(self._runs.append, job.id, index, result))
        self._notifier.notify(job.id)

    async def _estimator(
        self, plan: RecordingPlan, n_opening: int, model: ModelIdentity
    ) -> EtaEstimator:
        """Return the estimator for the chunks after those of the opening."""
        rtf = await self._jobs.recent_rtf(model.name)
        lengths_s = [chunk.duration_s for chunk in plan.chunks]
        audio_s = sum(lengths_s[n_opening:])
        concurrent_s = audio_s * min(self._concurrency() / max(len(lengths_s) - n_opening, 1), 1.0)
        whole_s = rtf and rtf * plan.duration_s
        return EtaEstimator(audio_s, concurrent_s, whole_s and whole_s * audio_s / sum(lengths_s))


async def _retry_after_crash(work: Callable[[], Awaitable[T]]) -> T:
    """Run work that decodes, once more if the decoder crashes: the file may not be the cause."""
    try:
        return await work()
    except DecoderCrashedError:
        return await work()


async def _plan_of(recorded: Awaitable[str]) -> RecordingPlan:
    return RecordingPlan.model_validate_json(await recorded)


def _by_main_model(recognized: RecognizedChunk, route: Route) -> RecognizedChunk:
    """Return a chunk as one of the main model if it is in a language that has another one."""
    main = route.identities[0]
    if recognized.model.has_weights_of(main) or not route.includes(recognized.model):
        return recognized
    return recognized.model_copy(update={"model": main})


def _readable(recognized: RecognizedChunk, options: TranscribeOptions) -> RecognizedChunk:
    segments = write_readable(recognized.segments, recognized.language, options)
    return recognized.model_copy(update={"segments": segments})


def _warnings(recognized: RecognizedChunk, options: TranscribeOptions) -> list[JobWarning]:
    is_missed = recognized.punctuation_failed and options.punctuation is Punctuation.AUTO
    return [JobWarning.PUNCTUATION_FAILED] if is_missed else []


def _prepared(plan: RecordingPlan, job: Job) -> PreparedRecording:
    return PreparedRecording(
        duration_s=_duration_s(plan, job),
        speech_s=round(plan.speech_s, 3),
        chunks_total=len(plan.chunks),
        warnings=plan.warnings,
        audio_track=plan.audio_track,
    )


def _duration_s(plan: RecordingPlan, job: Job) -> float | None:
    """Return the length of the whole recording; None while only its opening is decoded."""
    return job.file.duration_s if plan.is_opening else round(plan.duration_s, 3)


def _progress(plan: RecordingPlan, job: Job, index: int, eta_s: float | None) -> Progress:
    chunks = plan.chunks
    return Progress(
        processed_s=round(max(chunk.end for chunk in chunks[: index + 1]) / SAMPLE_RATE, 3),
        total_s=_duration_s(plan, job) or 0.0,
        chunks_done=index + 1,
        chunks_total=len(chunks),
        eta_s=eta_s,
        stage=Stage.TRANSCRIBING,
    )
