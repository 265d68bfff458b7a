"""Punctuate chunks in batches, by a model that writes punctuation."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from contracts.models import ModelIdentity
from contracts.punctuation import PunctuatedWords
from llm.batching import BatchQueue
from llm.engines.protocol import (
    AssistedEngine,
    PunctuationEngine,
    Samples,
    SpeechEngine,
    WordPunctuator,
)
from llm.errors import InferenceFailedError
from llm.metrics import InferenceMetrics

log = structlog.get_logger()

RETRY_S = 60.0
"""Seconds before a model that could not be loaded is tried again: each chunk asks for it."""


@dataclass(frozen=True, eq=False, slots=True)
class _Request:
    samples: Samples
    words: Sequence[str]
    language: str

    @property
    def batch_key(self) -> str:
        return self.language


_Result = tuple[ModelIdentity, list[str]]


class PunctuationModel:
    """The model that punctuates, loaded when it is first needed.

    Args:
        name: of the model.
        load: loads it; blocks.
        loaded: returns the engines that transcribe; one punctuates too if it or its assistant has
            that model, which then is not loaded twice.
        retry_s: seconds before it is tried again if it could not be loaded.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[], WordPunctuator],
        loaded: Callable[[], Sequence[SpeechEngine]],
        retry_s: float = RETRY_S,
    ) -> None:
        self._name = name
        self._load = load
        self._loaded = loaded
        self._retry_s = retry_s
        self._retry_at = 0.0
        self._own: WordPunctuator | None = None
        self._loading = asyncio.Lock()

    async def prepare(self) -> None:
        """Load the model, unless one is loaded.

        Raises:
            InferenceFailedError: it cannot be loaded.
        """
        async with self._loading:
            if self.engine() is not None:
                return
            if time.monotonic() < self._retry_at:
                raise InferenceFailedError("The punctuation model cannot be loaded.")
            try:
                engine = await asyncio.to_thread(self._load)
            except Exception as error:
                self._retry_at = time.monotonic() + self._retry_s
                log.warning("model_failed", model=self._name, reason=repr(error))
                raise InferenceFailedError("The punctuation model cannot be loaded.") from error
            self._own = engine
            log.info("model_ready", task="punctuate", **engine.identity.model_dump())

    def engine(self) -> WordPunctuator | None:
        """Return the engine to use now; None: none is loaded."""
        loaded = self._loaded()
        assistants = (each.assistant for each in loaded if isinstance(each, AssistedEngine))
        for engine in (*loaded, *assistants):
            if isinstance(engine, PunctuationEngine) and engine.identity.name == self._name:
                return engine
        return self._own

    def close(self) -> None:
        """Free the model; call it in the thread of the inference."""
        if self._own is not None:
            self._own.close()
        self._own = None


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
        self._queue = BatchQueue[_Request, _Result](
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
        await self._model.prepare()
        batched = await self._queue.submit(_Request(samples, words, language))
        model, punctuated = batched.result
        return PunctuatedWords(words=punctuated, model=model)

    async def run(self) -> None:
        """Process the queue until cancelled."""
        await self._queue.run()

    def _infer(self, batch: Sequence[_Request]) -> list[_Result]:
        engine = self._model.engine()
        if engine is None:
            raise RuntimeError("the punctuation model was unloaded")
        chunks = [request.samples for request in batch]
        words = [request.words for request in batch]
        punctuated = engine.punctuate(chunks, words, batch[0].language)
        return [(engine.identity, one) for one in punctuated]
