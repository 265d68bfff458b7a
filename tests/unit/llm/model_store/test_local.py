"""A local folder is identified by its weights."""

from pathlib import Path

import pytest

from llm.engines.protocol import CheckpointError
from llm.model_store.local import LocalCheckpoint
from unit.llm.checkpoints import write_old_checkpoint


def test_the_revision_of_a_folder_follows_its_weights(tmp_path: Path) -> None:
    folder = write_old_checkpoint(tmp_path / "mine")
    first = LocalCheckpoint(folder).find()
    assert first.name == "mine"
    with (folder / "pytorch_model.bin").open("ab") as weights:
        weights.write(b"x")
    assert LocalCheckpoint(folder).find().revision != first.revision


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="does not exist"):
        LocalCheckpoint(tmp_path / "none").find()
    with pytest.raises(CheckpointError, match="contains no transformers checkpoint"):
        LocalCheckpoint(tmp_path).find()
