"""A checkpoint in a local folder."""

import hashlib
from pathlib import Path

from llm.engines.protocol import Checkpoint, CheckpointError, ComputeType
from llm.model_store.checkpoint_files import choose_weight_files
from llm.model_store.onnx_files import find_onnx_files_of
from llm.model_store.source import OnProgress


class LocalCheckpoint:
    """A folder in transformers' or onnx-asr's layout; the SHA-256 of the weights is its revision.

    Args:
        folder: contains the checkpoint.
        compute_type: the precision to prefer, where a folder has several.
    """

    def __init__(self, folder: Path, compute_type: ComputeType = ComputeType.AUTO) -> None:
        self._folder = folder
        self._compute_type = compute_type

    def find(self) -> Checkpoint:
        """Return the checkpoint after hashing all its weights."""
        digest, size_bytes = hashlib.sha256(), 0
        for name in self.weight_files():
            path = self._folder / name
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
            size_bytes += path.stat().st_size
        onnx = find_onnx_files_of(self._folder, self._compute_type)
        return Checkpoint(
            self._folder.resolve().name,
            digest.hexdigest(),
            self._folder,
            onnx and onnx.model,
            size_bytes,
        )

    def weight_files(self) -> list[str]:
        """Return the names of the files with the weights, in order.

        Raises: CheckpointError: the folder does not exist or contains no checkpoint.
        """
        if not self._folder.is_dir():
            raise CheckpointError(f"The folder {self._folder} does not exist.")
        if onnx := find_onnx_files_of(self._folder, self._compute_type):
            return onnx.weights
        files = {path.name for path in self._folder.iterdir()}
        weights = choose_weight_files(files)
        if not weights or "config.json" not in files:
            raise CheckpointError(
                f"{self._folder} contains no transformers checkpoint and no model for onnx-asr."
            )
        return weights

    def fetch(self, on_progress: OnProgress) -> Checkpoint:
        """Return the checkpoint; a folder has nothing to download."""
        return self.find()
