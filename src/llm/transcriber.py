"""Transcribe chunks in batches."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from contracts.audio import SAMPLE_RATE
from contracts.capabilities import unsupported_options
from contracts.languages import AUTO_LANGUAGE
from contracts.models import ModelIdentity
from contracts.options import DETECTION, ChunkOptions
from contracts.spacing import join_texts
from contracts.transcription import ChunkTimings, ChunkTranscript
from llm.batching import BatchQueue, BatchResult
from llm.engines.protocol import BetweenSteps, ChunkResult, Samples, SpeechEngine
from llm.metrics import InferenceMetrics
from llm.model_pool import ModelPool
from servicekit import tracing
from servicekit.errors import UnsupportedOptionError


@dataclass(frozen=True, eq=False, slots=True)
class _Request:
    engine: SpeechEngine
    samples: Samples
    options: ChunkOptions
    parallel_audio_s: float

    @property
    def batch_key(self) -> tuple[int, ChunkOptions]:
        return id(self.engine), self.options


_Result = tuple[ModelIdentity, ChunkResult]


class Transcriber:
    """Transcribes chunks; those with equal options and similar lengths share batches.

    Args:
        models: provides the engine for each chunk.
        thread: a single worker; all other uses of the engines must run there too.
        metrics: updated after each batch.
        max_batch_size: most chunks of a batch.
        queue_size: most chunks that wait.
    """

    def __init__(
        self,
        models: ModelPool,
        thread: ThreadPoolExecutor,
        metrics: InferenceMetrics,
        *,
        max_batch_size: int,
        queue_size: int,
    ) -> None:
        self._models = models
        self._queue = BatchQueue[_Request, _Result](
            "transcribe",
            _infer,
            thread,
            metrics,
            max_batch_size=max_batch_size,
            queue_size=queue_size,
        )

    async def transcribe(self, samples: Samples, options: ChunkOptions) -> ChunkTranscript:
        """Queue a chunk and return its transcript; cancelling removes it from the queue.

        Raises:
            UnknownModelError: there is no model of the requested id.
            NotReadyError: no model is loaded yet.
            UnsupportedOptionError: the model cannot follow an option.
            OverloadedError: the queue is full.
            InferenceFailedError: the engine failed on this chunk's batch.
        """
        if options.language_only:
            return await self._detect(samples)
        if await self._has_to_detect(options):
            return await self._transcribe(samples, options, await self._detect(samples))
        return await self._transcribe(samples, options)

    async def run(self) -> None:
        """Process the queue until cancelled."""
        await self._queue.run()

    async def _has_to_detect(self, options: ChunkOptions) -> bool:
        """Return whether the language chooses the model, or the model does not detect it."""
        if options.language != AUTO_LANGUAGE:
            return False
        if options.model is None and self._models.depends_on_language:
            return True
        async with self._models.use(options.language, options.model) as engine:
            can = engine.capabilities
        return not can.detects_language and len(can.languages) > 1

    async def _transcribe(
        self, samples: Samples, options: ChunkOptions, detected: ChunkTranscript | None = None
    ) -> ChunkTranscript:
        language = detected.language if detected else options.language
        async with self._models.use(language, options.model) as engine:
            if language in engine.capabilities.languages:
                options = options.model_copy(update={"language": language})
            if unsupported := unsupported_options(options, engine.capabilities):
                raise UnsupportedOptionError(unsupported)
            transcript = await self._submit(engine, samples, options)
        return transcript if detected is None else _with_language_of(detected, transcript)

    async def _detect(self, samples: Samples) -> ChunkTranscript:
        async with self._models.use_detector() as engine:
            return await self._submit(engine, samples, DETECTION)

    async def _submit(
        self, engine: SpeechEngine, samples: Samples, options: ChunkOptions
    ) -> ChunkTranscript:
        audio_s = len(samples) / SAMPLE_RATE
        with tracing.span("infer", attributes={"audio_s": audio_s}):
            request = _Request(engine, samples, options, engine.parallel_audio_s)
            batched = await self._queue.submit(request)
            transcript = _to_transcript(samples, batched)
            tracing.annotate(transcript.timings.model_dump())
        return transcript


def _infer(batch: Sequence[_Request], between_steps: BetweenSteps) -> list[_Result]:
    engine = batch[0].engine
    chunks = [request.samples for request in batch]
    results = engine.transcribe(chunks, batch[0].options, between_steps)
    return [(engine.identity, result) for result in results]


def _with_language_of(detected: ChunkTranscript, transcript: ChunkTranscript) -> ChunkTranscript:
    """Return a transcript with the language that another model has detected."""
    return transcript.model_copy(
        update={
            "language_probability": detected.language_probability,
            "detected_language": detected.language,
            "detected_language_probability": detected.language_probability,
        }
    )


def _to_transcript(samples: Samples, batched: BatchResult[_Result]) -> ChunkTranscript:
    model, result = batched.result
    return ChunkTranscript(
        text=join_texts(segment.text for segment in result.segments),
        language=result.language,
        language_probability=result.language_probability,
        detected_language=result.detected_language,
        detected_language_probability=result.detected_language_probability,
        duration_s=len(samples) / SAMPLE_RATE,
        segments=result.segments,
        attempts=result.attempts,
        hallucination_suppressed=result.hallucination_suppressed,
        model=model,
        timings=ChunkTimings(
            queue_s=batched.queue_s,
            inference_s=batched.inference_s,
            batch_size=batched.batch_size,
        ),
    )
