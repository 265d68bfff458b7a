"""Read a checkpoint's tensors one at a time, so that the model is never in memory twice."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open

from llm.engines.protocol import CheckpointError
from llm.model_store.checkpoint_files import choose_weight_files

_PREFIX = "model."


class CheckpointWeights:
    """Weights by their names in transformers, without the leading `model.`.

    Args:
        folder: a checkpoint in transformers' layout: safetensors or pickles, in one file or in
            shards. Pickles are read by torch's loader that runs no code.
    """

    def __init__(self, folder: Path) -> None:
        self._readers: dict[str, Callable[[], torch.Tensor]] = {}
        for name in choose_weight_files({path.name for path in folder.iterdir()}):
            if name.endswith(".safetensors"):
                self._add_safetensors(folder / name)
            elif name.endswith(".bin"):
                self._add_pickle(folder / name)

    def __getitem__(self, name: str) -> NDArray[np.float32]:
        """Return a tensor as float32; raise CheckpointError if it does not exist."""
        if name not in self._readers:
            raise CheckpointError(f"The weight {_PREFIX}{name} is missing.")
        return self._readers[name]().float().numpy()

    def _add_safetensors(self, path: Path) -> None:
        file = safe_open(path, framework="pt")
        for name in file.keys():  # noqa: SIM118  (not a mapping)
            self._readers[name.removeprefix(_PREFIX)] = partial(file.get_tensor, name)

    def _add_pickle(self, path: Path) -> None:
        try:
            tensors: dict[str, torch.Tensor] = torch.load(path, mmap=True, weights_only=True)
        except RuntimeError:
            # Files from before torch 1.6 cannot be memory-mapped.
            tensors = torch.load(path, weights_only=True)
        for name, tensor in tensors.items():
            self._readers[name.removeprefix(_PREFIX)] = partial(_itself, tensor)


def _itself(tensor: torch.Tensor) -> torch.Tensor:
    return tensor
