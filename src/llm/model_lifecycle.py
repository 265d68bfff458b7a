"""Load the configured model; use the fallback model until it is ready."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import structlog

from contracts.models import HealthCheck, HealthStatus, ModelFailure, ModelInfo, ModelState
from llm.engines.protocol import Checkpoint, CheckpointError, SpeechEngine
from llm.model_store.source import CheckpointSource, FetchError

log = structlog.get_logger()

FIRST_RETRY_S = 30.0
LAST_RETRY_S = 3600.0

Load = Callable[[Checkpoint], SpeechEngine]


def retry_delays(first_s: float = FIRST_RETRY_S) -> Iterator[float]:
    """Yield the seconds before each retry: doubled each time, up to an hour."""
    delay = first_s
    while True:
        yield delay
        delay = min(2 * delay, LAST_RETRY_S)


class ModelLifecycle:
    """Downloads, loads and swaps models, and reports their states.

    Args:
        primary: name and source of the configured model.
        fallback: name and source of the model to use meanwhile; None: wait.
        load: loads a checkpoint into an engine; blocks.
        thread: runs the inference. A replaced engine is closed there, after its last batch.
        first_retry_s: seconds before the first retry of a failed download.
    """

    def __init__(
        self,
        primary: tuple[str, CheckpointSource],
        fallback: tuple[str, CheckpointSource] | None,
        load: Load,
        thread: ThreadPoolExecutor,
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        self._name, self._source = primary
        self._fallback = fallback
        self._load = load
        self._thread = thread
        self._first_retry_s = first_retry_s
        self._engine: SpeechEngine | None = None
        self._closing = False
        self._models = {self._name: _model_info(self._name, ModelState.LOADING)}

    def current_engine(self) -> SpeechEngine | None:
        """Return the engine in use; None: no model yet."""
        return self._engine

    def models(self) -> list[ModelInfo]:
        """Return the models and their states, the configured one first."""
        return list(self._models.values())

    def check(self) -> HealthCheck:
        """Return whether a model is ready; if it is not the configured one, say why."""
        primary = self._models[self._name]
        if primary.state is ModelState.READY:
            return HealthCheck(status=HealthStatus.READY)
        reason = f"{self._name}: {_describe(primary)}"
        serving = next((m for m in self.models() if m.state is ModelState.READY), None)
        if serving is None:
            others = [f"{m.id}: {_describe(m)}" for m in self.models()[1:]]
            return HealthCheck(status=HealthStatus.STARTING, detail="; ".join([reason, *others]))
        return HealthCheck(status=HealthStatus.DEGRADED, detail=f"Using {serving.id}. {reason}")

    async def run(self) -> None:
        """Load the configured model, with the fallback in use meanwhile; then return."""
        if await self._load_from_disk(self._name, self._source):
            return
        if self._fallback:
            name, source = self._fallback
            self._models[name] = _model_info(name, ModelState.LOADING, is_fallback=True)
            await self._load_from_disk(name, source)
        if self._models[self._name].state is not ModelState.FAILED:
            await self._download_and_swap()

    async def close(self) -> None:
        """Unload the engine after its running batch; stop a download."""
        self._closing = True
        await self._replace(None)

    async def _load_from_disk(self, name: str, source: CheckpointSource) -> bool:
        """Load a model if it is on disk; return whether it is ready."""
        try:
            checkpoint = await asyncio.to_thread(source.find)
            if checkpoint is None:
                self._set(name, state=ModelState.FETCHING, progress=0.0)
                return False
            await self._serve(name, checkpoint)
        except Exception as error:
            self._fail(name, _reason(error), _failure(error))
            return False
        return True

    async def _download_and_swap(self) -> None:
        for delay_s in retry_delays(self._first_retry_s):
            try:
                self._set(self._name, state=ModelState.FETCHING, failure=None, detail=None)
                checkpoint = await asyncio.to_thread(self._source.fetch, self._report_progress)
                await self._serve(self._name, checkpoint)
            except FetchError as error:
                reason = f"{error} Next try in {delay_s:.0f} s."
                self._fail(self._name, reason, error.failure)
                await asyncio.sleep(delay_s)
                continue
            except Exception as error:
                self._fail(self._name, _reason(error), _failure(error))
            return

    async def _serve(self, name: str, checkpoint: Checkpoint) -> None:
        """Load a checkpoint while the current engine works, then replace that engine."""
        self._set(name, state=ModelState.LOADING, progress=None, failure=None, detail=None)
        started = time.perf_counter()
        engine = await asyncio.to_thread(self._load, checkpoint)
        await self._replace(engine)
        for other in set(self._models) - {name, self._name}:
            del self._models[other]
        self._set(
            name,
            state=ModelState.READY,
            created=int(time.time()),
            engine=engine.identity.engine,
            device=engine.identity.device,
            revision=engine.identity.revision,
            compute=engine.compute,
            capabilities=engine.capabilities,
        )
        log.info(
            "model_ready",
            load_s=round(time.perf_counter() - started, 2),
            **engine.identity.model_dump(),
            **(engine.compute.model_dump() if engine.compute else {}),
        )

    async def _replace(self, engine: SpeechEngine | None) -> None:
        old, self._engine = self._engine, engine
        if old is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, old.close)

    def _report_progress(self, share: float) -> None:
        """Publish the progress of a download; runs in its thread, and stops it on shutdown."""
        if self._closing:
            raise FetchError("The service is shutting down.")
        self._set(self._name, progress=round(min(max(share, 0.0), 1.0), 4))

    def _fail(self, name: str, reason: str, failure: ModelFailure) -> None:
        log.warning("model_failed", model=name, reason=reason)
        state = ModelState.FAILED
        self._set(name, state=state, progress=None, failure=failure, detail=reason)

    def _set(self, name: str, **changes: object) -> None:
        self._models[name] = self._models[name].model_copy(update=changes)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, CheckpointError) else f"Unexpected error: {error!r}."


def _failure(error: Exception) -> ModelFailure:
    is_refused = isinstance(error, CheckpointError)
    return ModelFailure.UNUSABLE if is_refused else ModelFailure.UNEXPECTED


def _model_info(name: str, state: ModelState, *, is_fallback: bool = False) -> ModelInfo:
    owner, _, rest = name.rpartition("/")
    is_hub_id = bool(rest) and "/" not in owner and not owner.startswith((".", "~"))
    return ModelInfo(
        id=name, owned_by=owner if is_hub_id else "", state=state, is_fallback=is_fallback
    )


def _describe(model: ModelInfo) -> str:
    match model.state:
        case ModelState.FETCHING:
            return f"downloading, {(model.progress or 0) * 100:.0f} %."
        case ModelState.LOADING:
            return "loading."
        case ModelState.FAILED:
            return model.detail or "failed."
        case ModelState.READY:
            return "ready."
