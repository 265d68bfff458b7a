"""Transcribe chunks in batches."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from contracts.audio import SAMPLE_RATE
from contracts.capabilities import unsupported_options
from contracts.models import ModelIdentity
from contracts.options import ChunkOptions
from contracts.spacing import join_texts
from contracts.transcription import ChunkTimings, ChunkTranscript
from llm.batching import RETRY_AFTER_S, BatchQueue, BatchResult
from llm.engines.protocol import ChunkResult, Samples, SpeechEngine
from llm.errors import NotReadyError
from llm.metrics import InferenceMetrics
from servicekit.errors import UnsupportedOptionError


@dataclass(frozen=True, eq=False, slots=True)
class _Request:
    samples: Samples
    options: ChunkOptions

    @property
    def batch_key(self) -> ChunkOptions:
        return self.options


_Result = tuple[ModelIdentity, ChunkResult]


class Transcriber:
    """Transcribes chunks; those with equal options and similar lengths share batches.

    Args:
        current_engine: returns the engine to use now; None: no model yet. Called once per
            batch, so that one model decodes the whole batch.
        thread: a single worker; all other uses of the engine must run there too.
        metrics: updated after each batch.
        max_batch_size: most chunks of a batch.
        queue_size: most chunks that wait.
    """

    def __init__(
        self,
        current_engine: Callable[[], SpeechEngine | None],
        thread: ThreadPoolExecutor,
        metrics: InferenceMetrics,
        *,
        max_batch_size: int,
        queue_size: int,
    ) -> None:
        self._current_engine = current_engine
        self._queue = BatchQueue[_Request, _Result](
            "transcribe",
            self._infer,
            thread,
            metrics,
            max_batch_size=max_batch_size,
            queue_size=queue_size,
        )

    async def transcribe(self, samples: Samples, options: ChunkOptions) -> ChunkTranscript:
        """Queue a chunk and return its transcript; cancelling removes it from the queue.

        Raises:
            NotReadyError: no model is loaded yet.
            UnsupportedOptionError: the model cannot follow an option.
            OverloadedError: the queue is full.
            InferenceFailedError: the engine failed on this chunk's batch.
        """
        engine = self._current_engine()
        if engine is None:
            raise NotReadyError("The model is not loaded yet.", retry_after_s=RETRY_AFTER_S)
        if unsupported := unsupported_options(options, engine.capabilities):
            raise UnsupportedOptionError(unsupported)
        return _to_transcript(samples, await self._queue.submit(_Request(samples, options)))

    async def run(self) -> None:
        """Process the queue until cancelled."""
        await self._queue.run()

    def _infer(self, batch: Sequence[_Request]) -> list[_Result]:
        # Engines are closed in this thread, so the one returned here stays open meanwhile.
        engine = self._current_engine()
        if engine is None:
            raise RuntimeError("the model was unloaded")
        results = engine.transcribe([request.samples for request in batch], batch[0].options)
        return [(engine.identity, result) for result in results]


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
