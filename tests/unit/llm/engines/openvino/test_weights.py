"""Weights are read exactly from every file format of checkpoints."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from llm.engines.openvino.graphs import Dimensions
from llm.engines.openvino.weights import CheckpointWeights
from llm.engines.protocol import CheckpointError
from unit.llm.checkpoints import write_old_checkpoint

State = dict[str, torch.Tensor]

STATE: State = {
    f"model.{name}": torch.randn(3, 4, generator=torch.Generator().manual_seed(n))
    for n, name in enumerate(["encoder.a.weight", "encoder.b.weight", "decoder.c.weight"])
}


def _shards(state: State) -> list[State]:
    names = list(state)
    return [{name: state[name] for name in part} for part in (names[:2], names[2:])]


def _safetensors(state: State, folder: Path) -> None:
    save_file(state, folder / "model.safetensors")


def _safetensors_shards(state: State, folder: Path) -> None:
    for n, shard in enumerate(_shards(state), 1):
        save_file(shard, folder / f"model-0000{n}-of-00002.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {}}))


def _pickle(state: State, folder: Path) -> None:
    torch.save(state, folder / "pytorch_model.bin")


def _old_pickle(state: State, folder: Path) -> None:
    torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)


def _pickle_shards(state: State, folder: Path) -> None:
    for n, shard in enumerate(_shards(state), 1):
        torch.save(shard, folder / f"pytorch_model-0000{n}-of-00002.bin")
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": {}}))


FORMATS = [_safetensors, _safetensors_shards, _pickle, _old_pickle, _pickle_shards]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("write", FORMATS)
def test_every_format_gives_the_same_values(
    tmp_path: Path, write: Callable[[State, Path], None], dtype: torch.dtype
) -> None:
    state = {name: tensor.to(dtype) for name, tensor in STATE.items()}
    write(state, tmp_path)
    weights = CheckpointWeights(tmp_path)
    for name, tensor in state.items():
        read = weights[name.removeprefix("model.")]
        assert read.dtype == np.float32
        assert np.array_equal(read, tensor.float().numpy())


def test_safetensors_are_preferred_to_pickles(tmp_path: Path) -> None:
    _safetensors(STATE, tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"never read")
    assert CheckpointWeights(tmp_path)["encoder.a.weight"].shape == (3, 4)


def test_a_missing_weight_is_named_in_the_error(tmp_path: Path) -> None:
    _safetensors(STATE, tmp_path)
    with pytest.raises(CheckpointError, match=r"model\.decoder\.d"):
        CheckpointWeights(tmp_path)["decoder.d"]


def test_a_config_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = write_old_checkpoint(tmp_path / "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "bert"}))
    with pytest.raises(CheckpointError, match="Not a Whisper"):
        Dimensions.of(folder)
