"""Collect concurrent requests into batches for an engine, which runs in its own thread."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import structlog

from contracts.audio import SAMPLE_RATE
from llm.engines.protocol import BetweenSteps, Samples, do_nothing
from llm.errors import InferenceFailedError, OverloadedError
from llm.metrics import InferenceMetrics, TaskMetrics
from llm.process_memory import release_free_memory

log = structlog.get_logger()

GATHER_S, MAX_GATHER_S = 0.02, 0.1
"""Seconds to wait for another chunk before a batch starts, and the most in all: a client that sends
several at once gets their answers together, and sends the next ones within milliseconds."""

GATHER_S_PER_AUDIO_S = 0.001
"""Seconds to wait at most for each second of the longest chunk: a dictation often comes alone."""

RETRY_AFTER_S = 2

MAX_BATCH_AUDIO_S = 300.0
"""Most seconds of audio in one batch, whatever its engine computes side by side: a request of a
similar length that arrives while it runs waits until it ends."""

LENGTH_RATIO = 2.0
"""Chunks of a batch are at most this many times longer or shorter than its first. All of them
wait for the longest, so a dictation of three seconds must not share a batch with a lecture."""

PASSING_RATIO = 1.5
"""A batch lets chunks pass that are this many times shorter than its own on average. The chunks of
one lecture seldom are, and so keep sharing batches."""

MAX_PASSING_AUDIO_S = 60.0
"""Most seconds of audio that pass at once: nothing passes them."""

MAX_PASSING_SHARE = 0.5
"""A batch that has given this share of its time to others lets none pass, so that endless
dictations do not stop it."""


class BatchItem(Protocol):
    """A request about one chunk of audio."""

    @property
    def samples(self) -> Samples:
        """The chunk."""
        ...

    @property
    def batch_key(self) -> object:
        """Equal for requests that may share a batch, and are computed side by side in it."""
        ...

    @property
    def parallel_audio_s(self) -> float:
        """Most seconds of long chunks that are computed in parallel; more would only wait."""
        ...


Item = TypeVar("Item", bound=BatchItem)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class BatchResult(Generic[Result]):
    """The result of one item, and the batch that it was in.

    Attributes:
        queue_s: seconds from its arrival to the start of the batch.
        inference_s: seconds that the whole batch took, without those that passed it.
    """

    result: Result
    queue_s: float
    inference_s: float
    batch_size: int


@dataclass(eq=False, slots=True)
class _Queued(Generic[Item, Result]):
    item: Item
    result: "asyncio.Future[BatchResult[Result]]"
    arrived: float = field(default_factory=time.perf_counter)

    @property
    def n_samples(self) -> int:
        return len(self.item.samples)

    @property
    def due(self) -> float:
        """When to start it at the latest, on the clock of `arrived`."""
        return self.arrived + self.n_samples / SAMPLE_RATE

    def fits_with(self, other: "_Queued[Item, Result]") -> bool:
        """Whether both items can share a batch without delaying either."""
        shorter, longer = sorted((self.n_samples, other.n_samples))
        return self.item.batch_key == other.item.batch_key and longer <= LENGTH_RATIO * shorter


class BatchQueue(Generic[Item, Result]):
    """A bounded queue of requests, and the loop that empties it batch by batch.

    The items of a batch have equal keys and similar lengths. An item is due after as many
    seconds as its chunk lasts, and the item that is due first starts the next batch. A dictation
    thus overtakes the chunks of a lecture that arrived shortly before, and no item starves. It
    also passes a running batch of much longer chunks, between two of its steps.

    Args:
        task: the queue's name in the log and in the metrics.
        infer: computes one result per item, in order; called in `thread`. It calls `between_steps`
            between its steps, and that call may run `infer` for another batch.
        thread: a single worker; all other uses of the engine must run there too.
        metrics: updated after each batch.
        max_batch_size: most items of a batch.
        queue_size: most items that wait.
    """

    def __init__(  # noqa: PLR0913  # one argument for each setting
        self,
        task: str,
        infer: Callable[[Sequence[Item], BetweenSteps], Sequence[Result]],
        thread: ThreadPoolExecutor,
        metrics: InferenceMetrics,
        *,
        max_batch_size: int,
        queue_size: int,
    ) -> None:
        self._task = task
        self._infer = infer
        self._thread = thread
        self._max_batch_size = max_batch_size
        self._queue_size = queue_size
        self._queue: deque[_Queued[Item, Result]] = deque()
        self._lock = threading.Lock()
        """Held to change the queue: the engine's thread takes from it too."""
        self._passing_s = 0.0
        """Seconds of all batches that passed others; used in the engine's thread only."""
        self._arrival = asyncio.Event()
        self._metrics = TaskMetrics(metrics, task, lambda: len(self._queue))

    async def submit(self, item: Item) -> BatchResult[Result]:
        """Queue an item and return its result; cancelling removes it from the queue.

        Raises:
            OverloadedError: the queue is full.
            InferenceFailedError: the engine failed on this item's batch.
        """
        if len(self._queue) >= self._queue_size:
            self._metrics.count("refused")
            raise OverloadedError(
                f"The queue is full: {self._queue_size} chunks are waiting.",
                retry_after_s=RETRY_AFTER_S,
            )
        queued = _Queued[Item, Result](item, asyncio.get_running_loop().create_future())
        with self._lock:
            self._queue.append(queued)
        self._arrival.set()
        try:
            return await queued.result
        except asyncio.CancelledError:
            self._metrics.count("abandoned")
            with self._lock, suppress(ValueError):  # the running batch may have it already
                self._queue.remove(queued)
            raise

    async def run(self) -> None:
        """Process the queue until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._arrival.wait()
            await self._gather()
            if batch := self._take_batch(lambda _: True, MAX_BATCH_AUDIO_S):
                await loop.run_in_executor(self._thread, self._run_batch, batch, loop)
                await loop.run_in_executor(self._thread, release_free_memory)
            if not self._queue:
                self._arrival.clear()

    async def _gather(self) -> None:
        """Wait for more chunks while they keep arriving."""
        n_before, until = 0, time.perf_counter() + MAX_GATHER_S
        while n_before < len(self._queue) < self._max_batch_size and time.perf_counter() < until:
            n_before = len(self._queue)
            longest_s = max(queued.n_samples for queued in self._queue) / SAMPLE_RATE
            await asyncio.sleep(min(GATHER_S, GATHER_S_PER_AUDIO_S * longest_s))

    def _take_batch(
        self, is_wanted: Callable[[_Queued[Item, Result]], bool], most_s: float
    ) -> list[_Queued[Item, Result]]:
        """Take the wanted item that is due first, and others that fit with it."""
        batch: list[_Queued[Item, Result]] = []
        n_samples_left = 0.0
        with self._lock:
            wanted = filter(is_wanted, self._queue)
            for queued in sorted(wanted, key=lambda queued: queued.due):
                if len(batch) == self._max_batch_size:
                    break
                if not batch:
                    n_samples_left = SAMPLE_RATE * min(most_s, queued.item.parallel_audio_s)
                if not batch or (queued.fits_with(batch[0]) and queued.n_samples <= n_samples_left):
                    batch.append(queued)
                    n_samples_left -= queued.n_samples
            for queued in batch:
                self._queue.remove(queued)
        return batch

    def _run_batch(
        self, batch: list[_Queued[Item, Result]], loop: asyncio.AbstractEventLoop
    ) -> None:
        """Compute a batch in the engine's thread, and let shorter chunks pass."""
        started, passing_before_s = time.perf_counter(), self._passing_s
        mean_length = sum(queued.n_samples for queued in batch) / len(batch)

        def let_others_pass() -> None:
            if not self._queue:
                return
            now = time.perf_counter()
            passing_s = self._passing_s - passing_before_s
            if passing_s > MAX_PASSING_SHARE * (now - started):
                return
            passing = self._take_batch(
                lambda one: PASSING_RATIO * one.n_samples < mean_length, MAX_PASSING_AUDIO_S
            )
            if passing:
                self._compute(passing, loop, do_nothing)
                self._passing_s += time.perf_counter() - now

        self._compute(batch, loop, let_others_pass)

    def _compute(
        self,
        batch: list[_Queued[Item, Result]],
        loop: asyncio.AbstractEventLoop,
        between_steps: BetweenSteps,
    ) -> None:
        """Compute a batch, and hand its results to the event loop."""
        started, passing_before_s = time.perf_counter(), self._passing_s
        try:
            results = self._infer([queued.item for queued in batch], between_steps)
            if len(results) != len(batch):
                raise RuntimeError(f"{len(results)} results for {len(batch)} chunks")
        except Exception as error:
            log.exception("chunk_batch_failed", task=self._task, batch_size=len(batch))
            loop.call_soon_threadsafe(self._fail, batch, error)
            return
        passing_s = self._passing_s - passing_before_s
        inference_s = time.perf_counter() - started - passing_s
        loop.call_soon_threadsafe(self._finish, batch, results, started, inference_s)

    def _finish(
        self,
        batch: list[_Queued[Item, Result]],
        results: Sequence[Result],
        started: float,
        inference_s: float,
    ) -> None:
        self._record(batch, started, inference_s)
        for queued, result in zip(batch, results, strict=True):
            if not queued.result.done():
                queue_s = round(started - queued.arrived, 4)
                queued.result.set_result(
                    BatchResult(result, queue_s, round(inference_s, 4), len(batch))
                )

    def _fail(self, batch: list[_Queued[Item, Result]], cause: Exception) -> None:
        self._metrics.count("failed", len(batch))
        for queued in batch:
            if not queued.result.done():
                failure = InferenceFailedError("The model failed on this chunk.")
                failure.__cause__ = cause
                queued.result.set_exception(failure)

    def _record(
        self, batch: list[_Queued[Item, Result]], started: float, inference_s: float
    ) -> None:
        audio_s = sum(queued.n_samples for queued in batch) / SAMPLE_RATE
        self._metrics.observe_batch(
            (started - queued.arrived for queued in batch),
            audio_s=audio_s,
            inference_s=inference_s,
        )
        log.info(
            "chunk_batch_finished",
            task=self._task,
            audio_s=round(audio_s, 3),
            inference_s=round(inference_s, 3),
            rtf=round(inference_s / audio_s, 4),
            batch_size=len(batch),
        )
