"""A checkpoint in a local folder."""

import hashlib
from pathlib import Path

from llm.engines.protocol import Checkpoint, CheckpointError
from llm.model_store.checkpoint_files import choose_weight_files
from llm.model_store.source import OnProgress


class LocalCheckpoint:
    """A folder in transformers' layout; the SHA-256 of the weights is its revision."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self) -> Checkpoint:
        """Return the checkpoint after hashing all its weights."""
        digest = hashlib.sha256()
        for name in self.weight_files():
            with (self._folder / name).open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return Checkpoint(self._folder.resolve().name, digest.hexdigest(), self._folder)

    def weight_files(self) -> list[str]:
        """Return the names of the files with the weights, in order.

        Raises: CheckpointError: the folder does not exist or contains no checkpoint.
        """
        if not self._folder.is_dir():
            raise CheckpointError(f"The folder {self._folder} does not exist.")
        files = {path.name for path in self._folder.iterdir()}
        weights = choose_weight_files(files)
        if not weights or "config.json" not in files:
            raise CheckpointError(f"{self._folder} contains no transformers checkpoint.")
        return weights

    def fetch(self, on_progress: OnProgress) -> Checkpoint:
        """Return the checkpoint; a folder has nothing to download."""
        return self.find()
