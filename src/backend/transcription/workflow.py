"""The use case: from a recording to its transcript.

Prepare it, resolve duplicates, transcribe its chunks, assemble them, and find out who speaks.

Preparation, each chunk and the diarization are durable steps: a step that is done is not repeated,
however often the process restarts. Everything between the steps only reads, or writes the same
values again.
"""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
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
from backend.transcription.context import Checkpoint, ChunkContext, JobContext, StepFailedError
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
        plan = await self._prepare(run)
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

    async def _prepare(self, run: JobContext) -> RecordingPlan:
        async def prepare() -> str:
            return (await self._preparation.prepare(run)).model_dump_json()

        started = time.monotonic()
        recorded = await _retry_after_crash(lambda: self._checkpoint("prepare", prepare))
        plan = RecordingPlan.model_validate_json(recorded)
        run.prepare_s = time.monotonic() - started
        await self._runs.set_prepared(run.job.id, _prepared(plan))
        return plan

    async def _transcribe(
        self,
        run: JobContext,
        plan: RecordingPlan,
        route: Route,
        recordings: Sequence[PcmRecording],
    ) -> None:
        """Transcribe the chunks concurrently, and assemble and store them in order."""
        job = run.job
        eta = await self._estimator(plan, route.identities[0])
        places = plan.places()
        n_done = Counter(place.signal for place in places[: job.progress.chunks_done])
        contexts = [
            ChunkContext(run, signal, recording, route, eta, n_done[index])
            for index, (signal, recording) in enumerate(zip(plan.signals, recordings, strict=True))
        ]
        speakers = channel_turns(plan, job.options.diarization)
        assembly = SignalsAssembly(plan, job.options.language, speakers)

        def transcribe(place: ChunkPlace) -> Awaitable[RecognizedChunk]:
            return self._transcriber.transcribe(contexts[place.signal], place.index)

        recognized_chunks = ordered_map(
            transcribe, places, self._concurrency, slow_start=job.options.low_latency
        )
        has_voices = is_by_voice(plan, job.options.diarization)
        updates = stored_eta(self._runs, job.id, eta, self._eta_interval_s)
        async with aclosing(recognized_chunks), updates:
            index = 0
            async for recognized in recognized_chunks:
                eta_s = None if index + 1 == len(places) and has_voices else eta.eta_s()
                progress = _progress(plan, places, index, eta_s)
                readable = await run_sync(_readable, recognized, job.options)
                await self._store(job, assembly, index, _by_main_model(readable, route), progress)
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

    async def _estimator(self, plan: RecordingPlan, model: ModelIdentity) -> EtaEstimator:
        rtf = await self._jobs.recent_rtf(model.name)
        chunks = plan.chunks
        n_chunks = len(chunks)
        audio_s = sum(chunk.duration_s for chunk in chunks)
        concurrent_s = audio_s * min(self._concurrency() / n_chunks, 1.0)
        return EtaEstimator(audio_s, concurrent_s, rtf and rtf * plan.duration_s)


async def _retry_after_crash(work: Callable[[], Awaitable[T]]) -> T:
    """Run work that decodes, once more if the decoder crashes: the file may not be the cause."""
    try:
        return await work()
    except DecoderCrashedError:
        return await work()
    except StepFailedError as error:
        if error.problem.type != DecoderCrashedError.problem_type.uri:
            raise
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


def _prepared(plan: RecordingPlan) -> PreparedRecording:
    return PreparedRecording(
        duration_s=round(plan.duration_s, 3),
        speech_s=round(plan.speech_s, 3),
        chunks_total=len(plan.chunks),
        warnings=plan.warnings,
        audio_track=plan.audio_track,
    )


def _progress(
    plan: RecordingPlan, places: Sequence[ChunkPlace], index: int, eta_s: float | None
) -> Progress:
    last_end = max(plan.chunk(place).end for place in places[: index + 1])
    return Progress(
        processed_s=round(last_end / SAMPLE_RATE, 3),
        total_s=round(plan.duration_s, 3),
        chunks_done=index + 1,
        chunks_total=len(places),
        eta_s=eta_s,
        stage=Stage.TRANSCRIBING,
    )
