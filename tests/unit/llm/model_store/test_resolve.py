"""If these fail, a mistyped path of a model goes unnoticed: the small model transcribes instead."""

import subprocess
import sys
from pathlib import Path

import pytest

from llm.engines.protocol import CheckpointError
from llm.model_store.resolve import ensure_local_models
from llm.settings import LlmSettings
from unit.llm.checkpoints import write_old_checkpoint


def settings(folder: Path, **models: str) -> LlmSettings:
    return LlmSettings(_env_file=None, data_dir=folder / "data", **models)


@pytest.mark.parametrize("variable", ["LLM_MODEL", "LLM_FALLBACK_MODEL"])
def test_a_folder_that_is_not_there_is_named_with_its_variable(
    tmp_path: Path, variable: str
) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(CheckpointError, match=f"{variable}={missing}: .* does not exist"):
        ensure_local_models(settings(tmp_path, **{variable.lower(): missing}))


def test_models_that_are_not_folders_are_left_to_their_sources(tmp_path: Path) -> None:
    folder = write_old_checkpoint(tmp_path / "mine")
    ensure_local_models(settings(tmp_path, llm_model=str(folder), llm_fallback_model=""))
    ensure_local_models(settings(tmp_path, llm_model="no/such-model"))


@pytest.mark.whole_app
def test_the_service_does_not_start_with_a_missing_folder(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "llm"],
        env={"PYTHONPATH": ":".join(sys.path), "LLM_MODEL": "/missing", "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "LLM_MODEL=/missing: The folder /missing does not exist."
    )
