from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llm.engines.openvino import export
from llm.engines.protocol import Checkpoint, ComputeType, EngineOptions
from llm.engines.registry import load_engine
from llm.engines.whisper.engine import WhisperEngine
from unit.llm.checkpoints import write_old_checkpoint

Load = Callable[..., WhisperEngine]


def call(work: Callable[..., None], *args: object) -> None:
    work(*args)


@pytest.fixture(scope="session", autouse=True)
def exports_in_this_process() -> Iterator[None]:
    """Save the seconds that each new process takes; `test_own_process.py` runs real ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "run_in_own_process", call)
        yield


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """A tiny checkpoint whose texts depend on the audio; tests must not change its files."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return Checkpoint("tiny", "r", write_old_checkpoint(folder, spread=0.8))


@pytest.fixture(scope="session")
def load(tiny: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Load:
    """A function that loads a checkpoint, by default the tiny one, into an engine."""
    cache_dir: Path = tmp_path_factory.mktemp("engines")

    def load_one(
        name: str,
        checkpoint: Checkpoint = tiny,
        compute_type: ComputeType = ComputeType.FP32,
    ) -> WhisperEngine:
        engine = load_engine(name, checkpoint, EngineOptions("cpu", 1, cache_dir, compute_type))
        assert isinstance(engine, WhisperEngine)
        return engine

    return load_one
