"""Concurrent requests become batches for the one engine, which works in its own thread."""

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
from contracts.transcription import ChunkTimings, DecodingOptions
from llm.engines.protocol import ChunkResult, Samples, SpeechEngine
from llm.errors import InferenceFailedError, NotReadyError, OverloadedError
from llm.metrics import InferenceMetrics

log = structlog.get_logger()

GATHER_S = 0.02
"""Seconds that the first chunk of a batch waits for others: a client that sends a few at a
time gets its answers together, and sends the next ones within milliseconds."""

RETRY_AFTER_S = 2

MAX_BATCH_AUDIO_S = 180.0
"""Most audio of one batch, seconds: whoever comes while it is at work waits for its end."""

LENGTH_RATIO = 2.0
"""Chunks in a batch are at most this many times as long as its first, or as short: all wait
for the longest, so that a dictation of three seconds would wait for a lecture."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one chunk, by which model, and when."""

    result: ChunkResult
    model: ModelIdentity
    timings: ChunkTimings


@dataclass(eq=False, slots=True)
class _Waiting:
    samples: Samples
    options: DecodingOptions
    answer: "asyncio.Future[Answer]"
    arrived: float = field(default_factory=time.perf_counter)

    @property
    def due(self) -> float:
        """When it should be at work, on the clock of `arrived`."""
        return self.arrived + len(self.samples) / SAMPLE_RATE

    def goes_with(self, other: "_Waiting") -> bool:
        """Whether both can be in one batch, and neither loses by it."""
        shorter, longer = sorted((len(self.samples), len(other.samples)))
        return self.options == other.options and longer <= LENGTH_RATIO * shorter


class Batcher:
    """A bounded queue of chunks, and the loop that empties it batch by batch.

    A batch holds chunks of equal options and like length. Each chunk is due as long after it
    came as it lasts, and whichever is due first heads the next batch: so a dictation goes
    before a lecture's chunks that came shortly before it, and none is overtaken for ever.

    Args:
        current_engine: the engine to use now; None: no model yet. Asked once a batch, so
            that a batch is never split between two models.
        thread: one worker; whoever else uses the engine has to do so there.
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
        self._waiting: deque[_Waiting] = deque()
        self._arrival = asyncio.Event()
        metrics.queue_depth.set_function(lambda: len(self._waiting))

    async def transcribe(self, samples: Samples, options: DecodingOptions) -> Answer:
        """Wait for a chunk's turn and return what was said; a cancelled call leaves the queue.

        Raises:
            NotReadyError: there is no model yet.
            OverloadedError: the queue is full.
            InferenceFailedError: the engine failed on this chunk's batch.
        """
        if self._current_engine() is None:
            raise NotReadyError("The model is not loaded yet.", retry_after_s=RETRY_AFTER_S)
        if len(self._waiting) >= self._queue_size:
            self._metrics.chunks.labels("refused").inc()
            raise OverloadedError(
                f"{self._queue_size} chunks are waiting already.", retry_after_s=RETRY_AFTER_S
            )
        place = _Waiting(samples, options, asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        self._arrival.set()
        try:
            return await place.answer
        except asyncio.CancelledError:
            self._metrics.chunks.labels("abandoned").inc()
            with suppress(ValueError):  # it may be in the running batch already
                self._waiting.remove(place)
            raise

    async def run(self) -> None:
        """Work through the queue until cancelled."""
        while True:
            await self._arrival.wait()
            if len(self._waiting) < self._max_batch_size:
                await asyncio.sleep(GATHER_S)
            if batch := self._take_batch():
                await self._work(batch)
            if not self._waiting:
                self._arrival.clear()

    def _take_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        room = MAX_BATCH_AUDIO_S * SAMPLE_RATE
        for place in sorted(self._waiting, key=lambda place: place.due):
            if len(batch) == self._max_batch_size:
                break
            if not batch or (place.goes_with(batch[0]) and len(place.samples) <= room):
                batch.append(place)
                room -= len(place.samples)
        for place in batch:
            self._waiting.remove(place)
        return batch

    async def _work(self, batch: list[_Waiting]) -> None:
        started = time.perf_counter()
        try:
            engine, results = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._infer, batch
            )
        except Exception as error:
            log.exception("chunk_batch_failed", batch_size=len(batch))
            self._fail(batch, error)
            return
        inference_s = time.perf_counter() - started
        self._tell(batch, engine.identity, inference_s)
        for place, result in zip(batch, results, strict=True):
            timings = ChunkTimings(
                queue_s=round(started - place.arrived, 4),
                inference_s=round(inference_s, 4),
                batch_size=len(batch),
            )
            if not place.answer.done():
                place.answer.set_result(Answer(result, engine.identity, timings))

    def _infer(self, batch: list[_Waiting]) -> tuple[SpeechEngine, list[ChunkResult]]:
        # asked for in the thread: an engine is closed there, so it is open until we are done
        engine = self._current_engine()
        if engine is None:
            raise RuntimeError("the model was unloaded")
        results = engine.transcribe([place.samples for place in batch], batch[0].options)
        if len(results) != len(batch):
            raise RuntimeError(f"{len(results)} results for {len(batch)} chunks")
        return engine, results

    def _fail(self, batch: list[_Waiting], cause: Exception) -> None:
        self._metrics.chunks.labels("failed").inc(len(batch))
        for place in batch:
            if not place.answer.done():
                failure = InferenceFailedError("The model failed on this chunk.")
                failure.__cause__ = cause
                place.answer.set_exception(failure)

    def _tell(self, batch: list[_Waiting], model: ModelIdentity, inference_s: float) -> None:
        audio_s = sum(len(place.samples) for place in batch) / SAMPLE_RATE
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
