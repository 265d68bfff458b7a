"""Model pools of fake engines, whose downloads a test completes."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from llm.engines.protocol import Checkpoint, CheckpointError
from llm.model_lifecycle import ModelLifecycle
from llm.model_pool import ModelPool
from llm.model_store.source import OnProgress
from unit.llm.fake_engine import FakeEngine


class ScriptedSource:
    """A model that is on disk, or whose download the test completes."""

    def __init__(self, name: str, *, on_disk: bool = False, size_bytes: int = 1) -> None:
        self.name = name
        self.on_disk = on_disk
        self.size_bytes = size_bytes
        self.failures: list[Exception] = []
        self.arrive = threading.Event()

    def find(self) -> Checkpoint | None:
        return self._checkpoint() if self.on_disk else None

    def fetch(self, on_progress: OnProgress) -> Checkpoint:
        if self.failures:
            raise self.failures.pop(0)
        on_progress(0.25)
        assert self.arrive.wait(10)
        return self._checkpoint()

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self.name, "r", Path(self.name), size_bytes=self.size_bytes)


class Loader:
    """Creates fake engines and records them; can refuse one.

    Attributes:
        engines: the latest of each model.
        loaded: the names of the models, in the order of the loads.
    """

    def __init__(self, broken: str = "", **engines: FakeEngine) -> None:
        self.engines = engines
        self.loaded: list[str] = []
        self._broken = broken

    def __call__(self, checkpoint: Checkpoint) -> FakeEngine:
        if checkpoint.name == self._broken:
            raise CheckpointError(f"{checkpoint.name} cannot be loaded: it is broken.")
        self.loaded.append(checkpoint.name)
        engine = self.engines.get(checkpoint.name)
        if engine is None or engine.closed:
            engine = self.engines[checkpoint.name] = FakeEngine(checkpoint.name)
        return engine


def model_pool(
    thread: ThreadPoolExecutor,
    load: Loader,
    models: Sequence[tuple[ScriptedSource, list[str]]],
    fallback: ScriptedSource | None = None,
    *,
    memory_bytes: int = 100,
    unload_after_s: float = 0.0,
) -> ModelPool:
    """Return a pool of models, each with its languages, the default one first.

    One with the name "detector" also detects languages and punctuates.
    """

    def model(source: ScriptedSource, languages: Sequence[str] = ()) -> ModelLifecycle:
        return ModelLifecycle(
            source.name,
            source,
            load,
            thread,
            languages=languages,
            is_fallback=source is fallback,
            first_retry_s=0.01,
        )

    configured = [model(*each) for each in models]
    detectors = [each for each in configured if each.info.id == "detector"]
    return ModelPool(
        configured,
        model(fallback) if fallback else None,
        detectors[0] if detectors else model(ScriptedSource("detector", on_disk=True)),
        memory_bytes=memory_bytes,
        unload_after_s=unload_after_s,
    )
