"""Keep the configured models: load those that are needed and fit into memory."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager

from contracts.models import HealthCheck, HealthStatus, ModelInfo, ModelState
from contracts.routing import choose_model, serving_model
from llm.engines.protocol import AssistedEngine, SpeechEngine
from llm.errors import NotReadyError
from llm.model_lifecycle import ModelLifecycle
from servicekit.errors import UnknownModelError

RETRY_AFTER_S = 2

IDLE_CHECK_S = 5.0
"""Seconds between two searches for models that are not used."""


class ModelPool:
    """The configured models, the fallback until all are there, and a detector of languages.

    A model is loaded when the service starts, if it fits, or when it is needed. The models that
    were not used for longest make room for it, once their requests are answered. Requests that
    need a model to be loaded are served in their order.

    Args:
        models: the configured ones, that for all other languages first.
        fallback: is used in the place of one that is not available; None: requests have to wait.
        detector: the embedded model, always on disk: punctuates, and detects languages while no
            other loaded model does.
        memory_bytes: most bytes of the loaded models' files; the fallback and the detector, which
            are small, are not counted.
        unload_after_s: seconds without requests after which a model is unloaded; 0: never.
    """

    def __init__(
        self,
        models: Sequence[ModelLifecycle],
        fallback: ModelLifecycle | None,
        detector: ModelLifecycle,
        *,
        memory_bytes: int,
        unload_after_s: float = 0.0,
    ) -> None:
        self._models = list(models)
        self._default = self._models[0]
        self._fallback = fallback
        self._detector = detector
        self._memory_bytes = memory_bytes
        self._unload_after_s = unload_after_s
        self._is_fallback_started = False
        self._loading = asyncio.Lock()
        self._makes_room = False
        self._released = asyncio.Event()

    def models(self) -> list[ModelInfo]:
        """Return the states of the configured models, and of the fallback while it is needed."""
        return [model.info for model in self._listed()]

    def engines(self) -> list[SpeechEngine]:
        """Return the engines that are loaded now."""
        return [model.engine for model in self._all() if model.engine is not None]

    def check(self) -> HealthCheck:
        """Return whether all models are available; if not, say why."""
        missing = [model for model in self._models if _is_missing(model)]
        if self._default.info.is_available:
            detail = " ".join(model.describe() for model in missing)
            status = HealthStatus.DEGRADED if missing else HealthStatus.READY
            return HealthCheck(status=status, detail=detail or None)
        reasons = [model.describe() for model in self._listed() if not model.info.is_available]
        fallback = self._fallback if self._is_fallback_started else None
        if fallback is None or not fallback.info.is_available:
            return HealthCheck(status=HealthStatus.STARTING, detail="; ".join(reasons))
        detail = f"Using {fallback.info.id}. {' '.join(reasons)}"
        return HealthCheck(status=HealthStatus.DEGRADED, detail=detail)

    @property
    def depends_on_language(self) -> bool:
        """Return whether languages have different models."""
        return sum(bool(model.info.default_languages) for model in self._models) > 1

    async def run(self) -> None:
        """Load the models that are on disk, and download the others; return once all are there."""
        for model in self._models:
            if await model.find():
                await self._load(model)
            else:
                await self._start_fallback()
        async with asyncio.TaskGroup() as group:
            for model in self._models:
                if model.info.state is ModelState.FETCHING:
                    group.create_task(self._download(model))
        if self._is_fallback_started and self._fallback is not None:
            await self._retire(self._fallback)

    async def unload_unused(self) -> None:
        """Unload models that have not been used for a while, until cancelled."""
        while self._unload_after_s:
            await asyncio.sleep(IDLE_CHECK_S)
            kept = [self._default, *(model for model in self._listed() if model.info.is_fallback)]
            for model in self._all():
                is_idle = model.n_users == 0 and model.idle_s >= self._unload_after_s
                if is_idle and model not in kept:
                    await model.unload()

    @asynccontextmanager
    async def use(
        self, language: str, requested: str | None = None
    ) -> AsyncGenerator[SpeechEngine]:
        """Provide the engine for a request, which stays loaded until the request is answered.

        Args:
            language: ISO 639-1 code, or `auto`.
            requested: id of a model; None: the one for the language.

        Raises:
            UnknownModelError: there is no such model.
            NotReadyError: neither the model nor the fallback is available.
        """
        listed = self.models()
        chosen = choose_model(listed, language, requested)
        if chosen is None:
            raise UnknownModelError(requested or language, [info.id for info in listed])
        serving = serving_model(listed, chosen)
        if serving is None:
            raise _not_ready()
        model = next(model for model in self._listed() if model.info is serving)
        async with self._using(model) as engine:
            yield engine

    @asynccontextmanager
    async def use_detector(self) -> AsyncGenerator[SpeechEngine]:
        """Provide an engine that detects languages, one that is loaded if possible.

        Raises: NotReadyError: it cannot be loaded.
        """
        detectors = (model for model in self._all() if _detects(model))
        async with self._using(next(detectors, self._detector)) as engine:
            yield engine

    @asynccontextmanager
    async def use_embedded(self) -> AsyncGenerator[SpeechEngine]:
        """Provide the embedded model, which is also the detector.

        A copy that assists a loaded model is used before another one is loaded.

        Raises: NotReadyError: it cannot be loaded.
        """
        assistants = (each.assistant for each in self.engines() if isinstance(each, AssistedEngine))
        name = self._detector.info.id
        assistant = next((each for each in assistants if each and each.identity.name == name), None)
        if self._detector.engine is None and assistant is not None:
            yield assistant
            return
        async with self._using(self._detector) as engine:
            yield engine

    async def close(self) -> None:
        """Unload all models after the running batch; stop downloads."""
        for model in self._all():
            await model.close()

    def _listed(self) -> list[ModelLifecycle]:
        is_needed = any(not model.info.is_available for model in self._models)
        if self._fallback is None or not self._is_fallback_started or not is_needed:
            return self._models
        return [*self._models, self._fallback]

    def _all(self) -> Iterable[ModelLifecycle]:
        standby = [self._fallback, self._detector]
        return dict.fromkeys([*self._models, *(model for model in standby if model is not None)])

    @asynccontextmanager
    async def _using(self, model: ModelLifecycle) -> AsyncGenerator[SpeechEngine]:
        if model.engine is None or self._makes_room:
            async with self._loading:
                await self._ensure_loaded(model)
                model.n_users += 1
        else:
            model.n_users += 1
        assert model.engine is not None
        try:
            yield model.engine
        finally:
            model.n_users -= 1
            model.last_used = time.monotonic()
            self._released.set()

    async def _ensure_loaded(self, model: ModelLifecycle) -> None:
        if model.engine is not None:
            return
        if model is self._detector and not await model.find():
            raise _not_ready()
        await self._make_room(model)
        if not await model.load():
            raise _not_ready()

    async def _make_room(self, needed: ModelLifecycle) -> None:
        """Unload other models until one fits, or is alone; requests for them have to wait."""
        self._makes_room = True
        try:
            while not self._fits(needed):
                loaded = [each for each in self._models if each.engine is not None]
                unused = [each for each in loaded if each.n_users == 0]
                if not loaded:
                    return
                if unused:
                    await min(unused, key=lambda each: each.last_used).unload()
                else:
                    await self._wait_for_release()
        finally:
            self._makes_room = False

    def _fits(self, needed: ModelLifecycle) -> bool:
        if needed not in self._models:
            return True
        loaded = [each.size_bytes for each in self._models if each.engine is not None]
        return sum(loaded) + needed.size_bytes <= self._memory_bytes

    async def _load(self, model: ModelLifecycle) -> None:
        """Load a model that is on disk; another one than the default only if it fits."""
        async with self._loading:
            if model.engine is not None:
                return
            if model is self._default:
                await self._make_room(model)
            if model is self._default or self._fits(model):
                await model.load()
        if _is_missing(model):
            await self._start_fallback()

    async def _download(self, model: ModelLifecycle) -> None:
        if await model.download():
            await self._load(model)

    async def _start_fallback(self) -> None:
        fallback = self._fallback
        if fallback is None or self._is_fallback_started:
            return
        self._is_fallback_started = True
        async with self._loading:
            if fallback.engine is None and await fallback.find():
                await fallback.load()

    async def _retire(self, fallback: ModelLifecycle) -> None:
        """Unload the fallback, if no model needs it any more, after its requests."""
        while all(model.info.is_available for model in self._models):
            if fallback.n_users == 0:
                await fallback.unload()
                return
            await self._wait_for_release()

    async def _wait_for_release(self) -> None:
        self._released.clear()
        await self._released.wait()


def _is_missing(model: ModelLifecycle) -> bool:
    return model.info.state in (ModelState.FETCHING, ModelState.FAILED)


def _detects(model: ModelLifecycle) -> bool:
    return model.engine is not None and model.engine.capabilities.detects_language


def _not_ready() -> NotReadyError:
    return NotReadyError("The model is not loaded yet.", retry_after_s=RETRY_AFTER_S)
