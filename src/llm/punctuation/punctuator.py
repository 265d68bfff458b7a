"""Punctuate chunks in batches, by a model that writes punctuation."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from contracts.punctuation import PunctuatedWords
from llm.batching import BatchQueue
from llm.engines.protocol import BetweenSteps, PunctuationEngine, Samples, WordPunctuator
from llm.errors import InferenceFailedError, NotReadyError
from llm.metrics import InferenceMetrics
from llm.model_pool import ModelPool

log = structlog.get_logger()

_NOT_LOADED = "The punctuation model cannot be loaded."

RETRY_S = 60.0
"""Seconds before a model that could not be loaded is tried again: each chunk asks for it."""

_MAX_BATCH_AUDIO_S = 180.0
"""Most seconds of audio in one batch; nothing passes it."""


@dataclass(frozen=True, eq=False, slots=True)
class _Request:
    samples: Samples
    words: Sequence[str]
    language: str
    engine: WordPunctuator

    @property
    def batch_key(self) -> tuple[str, int]:
        return self.language, id(self.engine)

    @property
    def parallel_audio_s(self) -> float:
        return _MAX_BATCH_AUDIO_S


class PunctuationModel(Protocol):
    """A model that punctuates."""

    def use(self) -> AbstractAsyncContextManager[WordPunctuator]:
        """Provide the engine for a request; load it if it is not loaded.

        Raises: InferenceFailedError: it cannot be loaded.
        """
        ...

    def close(self) -> None:
        """Free what only punctuation uses; call it in the thread of the inference."""
        ...


class PooledModel:
    """The embedded speech model, which the pool loads at most once, whatever it is used for."""

    def __init__(self, pool: ModelPool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def use(self) -> AsyncGenerator[WordPunctuator]:
        """Provide the model, or the copy that helps another one to transcribe.

        Raises: InferenceFailedError: it cannot be loaded.
        """
        try:
            async with self._pool.use_embedded() as engine:
                assert isinstance(engine, PunctuationEngine)
                yield engine
        except NotReadyError as error:
            raise InferenceFailedError(_NOT_LOADED) from error

    def close(self) -> None:
        """Leave the model to the pool."""


class OwnModel:
    """A model for punctuation only, loaded when it is first needed.

    Args:
        name: of the model.
        load: loads it; blocks.
        retry_s: seconds before it is tried again if it could not be loaded.
    """

    def __init__(
        self, name: str, load: Callable[[], WordPunctuator], retry_s: float = RETRY_S
    ) -> None:
        self._name = name
        self._load = load
        self._retry_s = retry_s
        self._retry_at = 0.0
        self._engine: WordPunctuator | None = None
        self._loading = asyncio.Lock()

    @asynccontextmanager
    async def use(self) -> AsyncGenerator[WordPunctuator]:
        """Provide the model.

        Raises: InferenceFailedError: it cannot be loaded.
        """
        async with self._loading:
            engine = self._engine = self._engine or await self._loaded()
        yield engine

    def close(self) -> None:
        """Free the model; call it in the thread of the inference."""
        if self._engine is not None:
            self._engine.close()
        self._engine = None

    async def _loaded(self) -> WordPunctuator:
        if time.monotonic() < self._retry_at:
            raise InferenceFailedError(_NOT_LOADED)
        try:
            engine = await asyncio.to_thread(self._load)
        except Exception as error:
            self._retry_at = time.monotonic() + self._retry_s
            log.warning("model_failed", model=self._name, reason=repr(error))
            raise InferenceFailedError(_NOT_LOADED) from error
        log.info("model_ready", task="punctuate", **engine.identity.model_dump())
        return engine


class Punctuator:
    """Punctuates chunks; those of one language and of similar lengths share batches.

    Args:
        model: punctuates.
        thread: a single worker, the one that runs all inference.
        metrics: updated after each batch.
        max_batch_size: most chunks of a batch.
        queue_size: most chunks that wait.
    """

    def __init__(
        self,
        model: PunctuationModel,
        thread: ThreadPoolExecutor,
        metrics: InferenceMetrics,
        *,
        max_batch_size: int,
        queue_size: int,
    ) -> None:
        self._model = model
        self._queue = BatchQueue[_Request, list[str]](
            "punctuate",
            self._infer,
            thread,
            metrics,
            max_batch_size=max_batch_size,
            queue_size=queue_size,
        )

    async def punctuate(
        self, samples: Samples, words: Sequence[str], language: str
    ) -> PunctuatedWords:
        """Queue a chunk and return its words with marks and capitals.

        Raises:
            OverloadedError: the queue is full.
            InferenceFailedError: the model cannot be loaded, or it failed on this chunk's batch.
        """
        async with self._model.use() as engine:
            batched = await self._queue.submit(_Request(samples, words, language, engine))
        return PunctuatedWords(words=batched.result, model=engine.identity)

    async def run(self) -> None:
        """Process the queue until cancelled."""
        await self._queue.run()

    def _infer(self, batch: Sequence[_Request], _: BetweenSteps) -> list[list[str]]:
        chunks = [request.samples for request in batch]
        words = [request.words for request in batch]
        return batch[0].engine.punctuate(chunks, words, batch[0].language)
