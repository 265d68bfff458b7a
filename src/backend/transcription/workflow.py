"""The use case: from a recording to its transcript.

Prepare it, resolve duplicates, transcribe its chunks, assemble them, and find out who speaks. The
opening of a long recording is transcribed while the rest is prepared.

Preparation, each chunk and the diarization are durable steps: a step that is done is not repeated,
however often the process restarts. Everything between the steps only reads, or writes the same
values again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, nullcontext
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
from backend.transcription.context import Checkpoint, ChunkContext, JobContext
from backend.transcription.deduplication import Deduplicator, ResultSource
from backend.transcription.diarization import Diarizer, channel_turns, is_by_voice
from backend.transcription.ordered_map import ordered_map
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

T = TypeVar("T")


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
        plan = await self._store_plan(run, await self._prepare(run))
        if plan.is_opening:
            plan = await self._transcribe_opening(run, plan)
        if not plan.chunks:
            return True
        route = await self._llm.wait_for_route(run.job.options, plan.language)
        models = route.identities
        source = await self._deduplicator.resolve(run.job, plan.audio_sha256, models)
        if source is ResultSource.COMPUTE:
            recordings = await _retry_after_crash(lambda: self._preparation.recordings(run, plan))
            async with self._stages.enter(run.job.id, Stage.TRANSCRIBING):
                await self._transcribe(run, plan, route, recordings)
            await self._diarizer.diarize(run, plan, recordings)
            await self._suggester.suggest(run, recordings)
        return source is not ResultSource.PENDING

    async def _transcribe_opening(self, run: JobContext, opening: RecordingPlan) -> RecordingPlan:
        """Transcribe the opening of a recording while the rest is prepared; return the whole plan.

        Whether another job has the same result is known later: then it replaces this text.
        """
        recordings = await _retry_after_crash(lambda: self._preparation.recordings(run, opening))
        preparing = asyncio.ensure_future(self._prepare(run, opening))
        try:
            if opening.chunks:
                route = await self._llm.wait_for_route(run.job.options, opening.language)
                async with self._stages.enter(run.job.id, Stage.TRANSCRIBING):
                    await self._transcribe(run, opening, route, recordings)
            return await self._store_plan(run, await preparing)
        finally:
            preparing.cancel()
            await asyncio.gather(preparing, return_exceptions=True)

    def _prepare(self, run: JobContext, opening: RecordingPlan | None = None) -> Awaitable[str]:
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

        return self._checkpoint("prepare", prepare)

    async def _store_plan(self, run: JobContext, recorded: str) -> RecordingPlan:
        """Return the plan that a step recorded, and store what clients see of it."""
        plan = RecordingPlan.model_validate_json(recorded)
        more_is_stored = plan.is_opening and run.job.progress.chunks_total  # by an earlier start
        if not more_is_stored:
            await self._runs.set_prepared(run.job.id, _prepared(plan, run.job))
        return plan

    async def _transcribe(
        self,
        run: JobContext,
        plan: RecordingPlan,
        route: Route,
        recordings: Sequence[PcmRecording],
    ) -> None:
        """Transcribe the chunks concurrently, and assemble and store them in order.

        The chunks of the opening are remembered, and assembled again with the rest.
        """
        job = run.job
        places, n_opening = plan.places(), len(run.opening)
        eta = await self._estimator(plan, n_opening, route.identities[0])
        n_done = Counter(place.signal for place in places[: job.progress.chunks_done])
        contexts = [
            ChunkContext(run, signal, recording, route, eta, n_done[index])
            for index, (signal, recording) in enumerate(zip(plan.signals, recordings, strict=True))
        ]
        speakers = channel_turns(plan, job.options.diarization)
        assembly = SignalsAssembly(plan, job.options.language, speakers)
        assembly.begin(run.opening)

        def transcribe(place: ChunkPlace) -> Awaitable[RecognizedChunk]:
            return self._transcriber.transcribe(contexts[place.signal], place.index)

        recognized_chunks = ordered_map(
            transcribe,
            places[n_opening:],
            self._concurrency,
            at_first=max(n_opening, 1) if job.options.low_latency else None,
        )
        has_voices = is_by_voice(plan, job.options.diarization)
        updates = stored_eta(self._runs, job.id, eta, self._eta_interval_s)
        async with aclosing(recognized_chunks), nullcontext() if plan.is_opening else updates:
            index = n_opening
            async for recognized in recognized_chunks:
                more_follows = plan.is_opening or (index + 1 == len(places) and has_voices)
                eta_s = None if more_follows else eta.eta_s()
                progress = _progress(plan, job, index, eta_s)
                readable = await run_sync(_readable, recognized, job.options)
                by_main = _by_main_model(readable, route)
                await self._store(job, assembly, index, by_main, progress)
                run.has_text.set()
                if plan.is_opening:
                    run.opening.append(by_main)
                index += 1

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
