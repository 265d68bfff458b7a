"""Collect concurrent requests into batches for the engine, which runs in its own thread."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from contracts.audio import SAMPLE_RATE
from contracts.models import ModelIdentity
from contracts.spacing import join_texts
from contracts.transcription import ChunkTimings, ChunkTranscript, DecodingOptions
from llm.engines.protocol import ChunkResult, Samples, SpeechEngine
from llm.errors import InferenceFailedError, NotReadyError, OverloadedError
from llm.metrics import InferenceMetrics

log = structlog.get_logger()

GATHER_S = 0.02
"""Seconds to wait for more chunks before a batch starts: a client that sends several at once
gets their answers together, and sends the next ones within milliseconds."""

RETRY_AFTER_S = 2

MAX_BATCH_AUDIO_S = 180.0
"""Most seconds of audio in one batch: a new request waits until the running batch ends."""

LENGTH_RATIO = 2.0
"""Chunks of a batch are at most this many times longer or shorter than its first. All of them
wait for the longest, so a dictation of three seconds must not share a batch with a lecture."""


@dataclass(eq=False, slots=True)
class _QueuedChunk:
    samples: Samples
    options: DecodingOptions
    transcript: "asyncio.Future[ChunkTranscript]"
    arrived: float = field(default_factory=time.perf_counter)

    @property
    def due(self) -> float:
        """When to start it at the latest, on the clock of `arrived`."""
        return self.arrived + len(self.samples) / SAMPLE_RATE

    def fits_with(self, other: "_QueuedChunk") -> bool:
        """Whether both chunks can share a batch without delaying either."""
        shorter, longer = sorted((len(self.samples), len(other.samples)))
        return self.options == other.options and longer <= LENGTH_RATIO * shorter


class Batcher:
    """A bounded queue of chunks, and the loop that empties it batch by batch.

    The chunks of a batch have equal options and similar lengths. A chunk is due after as many
    seconds as it lasts, and the chunk that is due first starts the next batch. A dictation thus
    overtakes the chunks of a lecture that arrived shortly before, and no chunk starves.

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
        self._thread = thread
        self._metrics = metrics
        self._max_batch_size = max_batch_size
        self._queue_size = queue_size
        self._queue: deque[_QueuedChunk] = deque()
        self._arrival = asyncio.Event()
        metrics.queue_depth.set_function(lambda: len(self._queue))

    async def transcribe(self, samples: Samples, options: DecodingOptions) -> ChunkTranscript:
        """Queue a chunk and return its transcript; cancelling removes it from the queue.

        Raises:
            NotReadyError: no model is loaded yet.
            OverloadedError: the queue is full.
            InferenceFailedError: the engine failed on this chunk's batch.
        """
        if self._current_engine() is None:
            raise NotReadyError("The model is not loaded yet.", retry_after_s=RETRY_AFTER_S)
        if len(self._queue) >= self._queue_size:
            self._metrics.chunks.labels("refused").inc()
            raise OverloadedError(
                f"The queue is full: {self._queue_size} chunks are waiting.",
                retry_after_s=RETRY_AFTER_S,
            )
        queued = _QueuedChunk(samples, options, asyncio.get_running_loop().create_future())
        self._queue.append(queued)
        self._arrival.set()
        try:
            return await queued.transcript
        except asyncio.CancelledError:
            self._metrics.chunks.labels("abandoned").inc()
            with suppress(ValueError):  # the running batch may have it already
                self._queue.remove(queued)
            raise

    async def run(self) -> None:
        """Process the queue until cancelled."""
        while True:
            await self._arrival.wait()
            if len(self._queue) < self._max_batch_size:
                await asyncio.sleep(GATHER_S)
            if batch := self._take_batch():
                await self._run_batch(batch)
            if not self._queue:
                self._arrival.clear()

    def _take_batch(self) -> list[_QueuedChunk]:
        batch: list[_QueuedChunk] = []
        n_samples_left = MAX_BATCH_AUDIO_S * SAMPLE_RATE
        for queued in sorted(self._queue, key=lambda queued: queued.due):
            if len(batch) == self._max_batch_size:
                break
            if not batch or (queued.fits_with(batch[0]) and len(queued.samples) <= n_samples_left):
                batch.append(queued)
                n_samples_left -= len(queued.samples)
        for queued in batch:
            self._queue.remove(queued)
        return batch

    async def _run_batch(self, batch: list[_QueuedChunk]) -> None:
        started = time.perf_counter()
        try:
            model, results = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._infer, batch
            )
        except Exception as error:
            log.exception("chunk_batch_failed", batch_size=len(batch))
            self._fail(batch, error)
            return
        inference_s = time.perf_counter() - started
        self._record(batch, model, inference_s)
        for queued, result in zip(batch, results, strict=True):
            timings = ChunkTimings(
                queue_s=round(started - queued.arrived, 4),
                inference_s=round(inference_s, 4),
                batch_size=len(batch),
            )
            if not queued.transcript.done():
                transcript = _to_transcript(queued.samples, result, model, timings)
                queued.transcript.set_result(transcript)

    def _infer(self, batch: list[_QueuedChunk]) -> tuple[ModelIdentity, list[ChunkResult]]:
        # Engines are closed in this thread, so the one returned here stays open meanwhile.
        engine = self._current_engine()
        if engine is None:
            raise RuntimeError("the model was unloaded")
        results = engine.transcribe([queued.samples for queued in batch], batch[0].options)
        if len(results) != len(batch):
            raise RuntimeError(f"{len(results)} results for {len(batch)} chunks")
        return engine.identity, results

    def _fail(self, batch: list[_QueuedChunk], cause: Exception) -> None:
        self._metrics.chunks.labels("failed").inc(len(batch))
        for queued in batch:
            if not queued.transcript.done():
                failure = InferenceFailedError("The model failed on this chunk.")
                failure.__cause__ = cause
                queued.transcript.set_exception(failure)

    def _record(self, batch: list[_QueuedChunk], model: ModelIdentity, inference_s: float) -> None:
        audio_s = sum(len(queued.samples) for queued in batch) / SAMPLE_RATE
        self._metrics.chunks.labels("recognised").inc(len(batch))
        self._metrics.audio_s.inc(audio_s)
        self._metrics.inference_s.inc(inference_s)
        self._metrics.batch_size.observe(len(batch))
        log.info(
            "chunk_batch_finished",
            model=model.name,
            engine=model.engine,
            device=model.device,
            audio_s=round(audio_s, 3),
            inference_s=round(inference_s, 3),
            rtf=round(inference_s / audio_s, 4),
            batch_size=len(batch),
        )


def _to_transcript(
    samples: Samples, result: ChunkResult, model: ModelIdentity, timings: ChunkTimings
) -> ChunkTranscript:
    return ChunkTranscript(
        text=join_texts(segment.text for segment in result.segments),
        language=result.language,
        language_probability=result.language_probability,
        duration_s=len(samples) / SAMPLE_RATE,
        segments=result.segments,
        attempts=result.attempts,
        hallucination_suppressed=result.hallucination_suppressed,
        model=model,
        timings=timings,
    )
