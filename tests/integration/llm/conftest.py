from collections.abc import Callable, Iterator

import pytest

from llm.engines.protocol import Checkpoint, EngineOptions, SpeechEngine
from llm.engines.registry import load_engine
from llm.model_store.embedded import EmbeddedCheckpoint
from llm.threads import available_cores

Load = Callable[[str], SpeechEngine]


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """The real weights, with default settings."""
    return EmbeddedCheckpoint(None, tmp_path_factory.mktemp("data") / "whisper").find()


@pytest.fixture(scope="session")
def load(embedded: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    """A function that loads the real weights into an engine, once per engine."""
    options = EngineOptions("cpu", available_cores(), tmp_path_factory.mktemp("engines"))
    engines: dict[str, SpeechEngine] = {}

    def load_one(name: str) -> SpeechEngine:
        if name not in engines:
            engines[name] = load_engine(name, embedded, options)
        return engines[name]

    yield load_one
    for engine in engines.values():
        engine.close()
