"""Find, download, load and unload one model, and report its state."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from contracts.models import ModelFailure, ModelInfo, ModelState
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
    """One model: where it is, its engine while it is loaded, and its state.

    Args:
        model_id: name under which clients find it.
        source: of its checkpoint.
        load: loads a checkpoint into an engine; blocks.
        thread: runs the inference. An engine is closed there, after its last batch.
        languages: codes of the languages that it is the default for.
        is_fallback: whether it is used while another one is not available.
        first_retry_s: seconds before the first retry of a failed download.

    Attributes:
        info: its state.
        engine: None: it is not loaded.
        n_users: requests that need its engine now.
        last_used: time of its last request, on the monotonic clock.
    """

    def __init__(  # noqa: PLR0913  # one argument for each property
        self,
        model_id: str,
        source: CheckpointSource,
        load: Load,
        thread: ThreadPoolExecutor,
        *,
        languages: Sequence[str] = (),
        is_fallback: bool = False,
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        self._source = source
        self._load = load
        self._thread = thread
        self._first_retry_s = first_retry_s
        self._checkpoint: Checkpoint | None = None
        self._closing = False
        self.info = ModelInfo(
            id=model_id,
            owned_by=_owner(model_id),
            state=ModelState.LOADING,
            is_fallback=is_fallback,
            default_languages=list(languages),
        )
        self.engine: SpeechEngine | None = None
        self.n_users = 0
        self.last_used = time.monotonic()

    @property
    def size_bytes(self) -> int:
        """Return the size of its files with the weights; 0: not known yet."""
        return self.info.size_bytes or 0

    @property
    def idle_s(self) -> float:
        """Return the seconds since its last request."""
        return time.monotonic() - self.last_used

    async def find(self) -> bool:
        """Look for the model on disk; return whether it is there."""
        try:
            checkpoint = await asyncio.to_thread(self._source.find)
        except Exception as error:
            self._fail(_reason(error), _failure(error))
            return False
        if checkpoint is None:
            self._set(state=ModelState.FETCHING, progress=0.0)
            return False
        self._found(checkpoint)
        return True

    async def download(self) -> bool:
        """Download the model, however often it takes; return whether it is usable."""
        for delay_s in retry_delays(self._first_retry_s):
            try:
                self._set(state=ModelState.FETCHING, failure=None, detail=None)
                self._found(await asyncio.to_thread(self._source.fetch, self._report_progress))
            except FetchError as error:
                self._fail(f"{error} Next try in {delay_s:.0f} s.", error.failure)
                await asyncio.sleep(delay_s)
                continue
            except Exception as error:
                self._fail(_reason(error), _failure(error))
            break
        return self._checkpoint is not None

    async def load(self) -> bool:
        """Load the model that was found; return whether its engine is ready."""
        assert self._checkpoint is not None, "find it first"
        self._set(state=ModelState.LOADING)
        started = time.perf_counter()
        try:
            engine = await asyncio.to_thread(self._load, self._checkpoint)
        except Exception as error:
            self._fail(_reason(error), _failure(error))
            return False
        self.engine = engine
        self.last_used = time.monotonic()
        self._set(
            state=ModelState.READY,
            created=int(time.time()),
            engine=engine.identity.engine,
            device=engine.identity.device,
            compute=engine.compute,
            capabilities=engine.capabilities,
        )
        log.info(
            "model_ready",
            load_s=round(time.perf_counter() - started, 2),
            **engine.identity.model_dump(),
            **(engine.compute.model_dump() if engine.compute else {}),
        )
        return True

    async def unload(self) -> None:
        """Free the engine's memory after its running batch."""
        engine, self.engine = self.engine, None
        if engine is None:
            return
        self._set(state=ModelState.UNLOADED)
        await asyncio.get_running_loop().run_in_executor(self._thread, engine.close)
        log.info("model_unloaded", model=self.info.id)

    async def close(self) -> None:
        """Unload the engine, and stop a download."""
        self._closing = True
        await self.unload()

    def describe(self) -> str:
        """Return the state as a sentence."""
        info = self.info
        match info.state:
            case ModelState.FETCHING:
                return f"{info.id}: downloading, {(info.progress or 0) * 100:.0f} %."
            case ModelState.FAILED:
                return f"{info.id}: {info.detail or 'failed.'}"
            case _:
                return f"{info.id}: {info.state}."

    def _found(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._set(
            state=ModelState.UNLOADED,
            progress=None,
            failure=None,
            detail=None,
            revision=checkpoint.revision,
            size_bytes=checkpoint.size_bytes,
        )

    def _report_progress(self, share: float) -> None:
        """Publish the progress of a download; runs in its thread, and stops it on shutdown."""
        if self._closing:
            raise FetchError("The service is shutting down.")
        self._set(progress=round(min(max(share, 0.0), 1.0), 4))

    def _fail(self, reason: str, failure: ModelFailure) -> None:
        log.warning("model_failed", model=self.info.id, reason=reason)
        self._set(state=ModelState.FAILED, progress=None, failure=failure, detail=reason)

    def _set(self, **changes: object) -> None:
        self.info = self.info.model_copy(update=changes)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, CheckpointError) else f"Unexpected error: {error!r}."


def _failure(error: Exception) -> ModelFailure:
    is_refused = isinstance(error, CheckpointError)
    return ModelFailure.UNUSABLE if is_refused else ModelFailure.UNEXPECTED


def _owner(model_id: str) -> str:
    owner, _, _ = model_id.rpartition("/")
    return owner
