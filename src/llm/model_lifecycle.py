"""Which model serves: the one configured as soon as it can, until then the fallback."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import structlog

from contracts.models import HealthCheck, HealthStatus, ModelInfo, ModelState
from llm.engines.protocol import Checkpoint, CheckpointError, SpeechEngine
from llm.model_store.source import CheckpointSource, FetchError

log = structlog.get_logger()

FIRST_RETRY_S = 30.0
LAST_RETRY_S = 3600.0

Load = Callable[[Checkpoint], SpeechEngine]


def retry_delays(first_s: float = FIRST_RETRY_S) -> Iterator[float]:
    """Yield the seconds to wait before each new try: twice as long each time, up to an hour."""
    delay = first_s
    while True:
        yield delay
        delay = min(2 * delay, LAST_RETRY_S)


class ModelLifecycle:
    """Fetches, loads and swaps models; says at any time how that stands.

    Args:
        primary: name and source of the model configured.
        fallback: name and source of the one that stands in for it; None: none does.
        load: makes an engine of a checkpoint; blocks.
        thread: where the engine works. A replaced engine is closed there, so that the
            batch it is at work on finishes first.
        first_retry_s: seconds to the first new try after a fetch has failed.
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
        self._models = {self._name: _row(self._name, ModelState.LOADING)}

    def current_engine(self) -> SpeechEngine | None:
        """Return the engine that serves now; None: no model yet."""
        return self._engine

    def models(self) -> list[ModelInfo]:
        """Return each model with its state, the one configured first."""
        return list(self._models.values())

    def check(self) -> HealthCheck:
        """Return whether the service can work, and why not as configured."""
        primary = self._models[self._name]
        if primary.state is ModelState.READY:
            return HealthCheck(status=HealthStatus.READY)
        reason = f"{self._name}: {_in_words(primary)}"
        serving = next((m for m in self.models() if m.state is ModelState.READY), None)
        if serving is None:
            others = [f"{m.id}: {_in_words(m)}" for m in self.models()[1:]]
            return HealthCheck(status=HealthStatus.STARTING, detail="; ".join([reason, *others]))
        return HealthCheck(status=HealthStatus.DEGRADED, detail=f"{serving.id} stands in. {reason}")

    async def run(self) -> None:
        """Bring up the model configured, with the fallback serving meanwhile; then return."""
        if await self._bring_up(self._name, self._source):
            return
        if self._fallback:
            name, source = self._fallback
            self._models[name] = _row(name, ModelState.LOADING, is_fallback=True)
            await self._bring_up(name, source)
        if self._models[self._name].state is not ModelState.FAILED:
            await self._fetch_and_swap()

    async def close(self) -> None:
        """Unload what is loaded, after the batch it is at work on; end a fetch."""
        self._closing = True
        await self._replace(None)

    async def _bring_up(self, name: str, source: CheckpointSource) -> bool:
        """Load a model if it is on disk; return whether it serves now."""
        try:
            checkpoint = await asyncio.to_thread(source.find)
            if checkpoint is None:
                self._set(name, state=ModelState.FETCHING, progress=0.0)
                return False
            await self._serve(name, checkpoint)
        except Exception as error:
            self._fail(name, _reason(error))
            return False
        return True

    async def _fetch_and_swap(self) -> None:
        for delay_s in retry_delays(self._first_retry_s):
            try:
                self._set(self._name, state=ModelState.FETCHING, detail=None)
                checkpoint = await asyncio.to_thread(self._source.fetch, self._note_progress)
                await self._serve(self._name, checkpoint)
            except FetchError as error:
                self._fail(self._name, f"{error} The next try is in {delay_s:.0f} s.")
                await asyncio.sleep(delay_s)
                continue
            except Exception as error:
                self._fail(self._name, _reason(error))
            return

    async def _serve(self, name: str, checkpoint: Checkpoint) -> None:
        """Load a checkpoint beside the engine that works, then put it in its place."""
        self._set(name, state=ModelState.LOADING, progress=None, detail=None)
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
        )
        log.info(
            "model_ready", load_s=round(time.perf_counter() - started, 2),
            **engine.identity.model_dump(),
        )  # fmt: skip

    async def _replace(self, engine: SpeechEngine | None) -> None:
        old, self._engine = self._engine, engine
        if old is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, old.close)

    def _note_progress(self, share: float) -> None:
        """Called from the thread of the fetch, which this is also the way to end."""
        if self._closing:
            raise FetchError("The service is being stopped.")
        self._set(self._name, progress=round(min(max(share, 0.0), 1.0), 4))

    def _fail(self, name: str, reason: str) -> None:
        log.warning("model_failed", model=name, reason=reason)
        self._set(name, state=ModelState.FAILED, progress=None, detail=reason)

    def _set(self, name: str, **changes: object) -> None:
        self._models[name] = self._models[name].model_copy(update=changes)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, CheckpointError) else f"Unexpected: {error!r}."


def _row(name: str, state: ModelState, *, is_fallback: bool = False) -> ModelInfo:
    owner, _, rest = name.rpartition("/")
    is_hub_id = bool(rest) and "/" not in owner and not owner.startswith((".", "~"))
    return ModelInfo(
        id=name, owned_by=owner if is_hub_id else "", state=state, is_fallback=is_fallback
    )


def _in_words(model: ModelInfo) -> str:
    match model.state:
        case ModelState.FETCHING:
            return f"being fetched, {(model.progress or 0) * 100:.0f} % so far."
        case ModelState.LOADING:
            return "being loaded."
        case ModelState.FAILED:
            return model.detail or "failed."
        case ModelState.READY:
            return "ready."
