"""`embedded/whisper-base` has exactly OpenAI's weights, or is refused."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from llm.engines.protocol import CheckpointError
from llm.model_store import embedded
from llm.model_store.ctranslate2 import read_variables
from llm.model_store.embedded import MODEL_SHA256, EmbeddedCheckpoint, installed_packages
from llm.model_store.resolve import resolve_checkpoint_source
from llm.settings import LlmSettings


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint, written by two threads at once, as if two processes started together."""
    folder = tmp_path_factory.mktemp("data") / "models" / "whisper"
    source = EmbeddedCheckpoint(None, folder)
    errors: list[Exception] = []

    def convert() -> None:
        try:
            source.find()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=convert) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return folder


def test_only_names_change_and_never_values(kept: Path) -> None:
    packages = installed_packages()
    model_bin = b"".join(
        (folder / f"model.bin.part{n}").read_bytes() for n, folder in enumerate(packages, 1)
    )
    variables = read_variables(model_bin)
    weights = load_file(kept / "model.safetensors")
    stacked = variables["decoder/layer_3/self_attention/linear_0/weight"]
    parts = [f"model.decoder.layers.3.self_attn.{name}_proj.weight" for name in "qkv"]
    assert np.array_equal(np.concatenate([weights[part] for part in parts]), stacked)
    assert np.array_equal(
        weights["model.decoder.embed_tokens.weight"], variables["decoder/embeddings/weight"]
    )
    assert all(tensor.dtype == np.float16 for tensor in weights.values())


def test_the_folder_is_complete_and_no_other_files_remain(kept: Path) -> None:
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    generation = json.loads((kept / "generation_config.json").read_text())
    assert generation["lang_to_id"]["<|ru|>"] == 50263
    assert len(generation["alignment_heads"]) == 8
    assert (kept / "model.safetensors").stat().st_mode & 0o444 == 0o444


def test_a_ready_folder_is_used_unchanged(kept: Path, tmp_path: Path) -> None:
    settings = LlmSettings(_env_file=None, llm_embedded_dir=str(kept), data_dir=tmp_path / "data")
    checkpoint = resolve_checkpoint_source("embedded/whisper-base", settings).find()
    assert checkpoint is not None
    assert (checkpoint.folder, checkpoint.revision) == (kept, MODEL_SHA256)
    assert not (tmp_path / "data").exists()


def test_an_empty_ready_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="LLM_EMBEDDED_DIR"):
        EmbeddedCheckpoint(tmp_path, tmp_path / "kept").find()


@pytest.mark.parametrize("spoilt", ["config.json", "tokenizer.json", "model.bin.part1"])
def test_a_changed_byte_is_refused(tmp_path: Path, spoilt: str) -> None:
    packages = (tmp_path / "one", tmp_path / "two")
    for copy, original in zip(packages, installed_packages(), strict=True):
        copy.mkdir()
        for file in original.iterdir():
            content = bytearray(file.read_bytes())
            if file.name == spoilt:
                content[len(content) // 2] ^= 1
            (copy / file.name).write_bytes(content)
    target = tmp_path / "models" / "whisper"
    with pytest.raises(CheckpointError, match="refused"):
        EmbeddedCheckpoint(None, target, packages).find()
    assert not target.exists()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "PACKAGES", ("no_such_package",))
    with pytest.raises(CheckpointError, match="no-such-package"):
        installed_packages()
