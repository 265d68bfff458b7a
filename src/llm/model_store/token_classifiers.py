"""Find a token classifier on the hub or in a folder."""

import hashlib
from collections.abc import Collection
from pathlib import Path

from llm.engines.protocol import Checkpoint, CheckpointError, OnnxModel
from llm.model_store.checkpoint_files import CONFIG_FILES, choose_weight_files
from llm.settings import LlmSettings

_ONNX_NAMES = ("model_quantized", "model_int8", "model_quant", "model", "onnx/model_quantized",
               "onnx/model_int8", "onnx/model")  # fmt: skip


def punctuation_checkpoint(name: str, settings: LlmSettings) -> Checkpoint:
    """Return the checkpoint of a classifier; download it if it is not on this machine.

    Args:
        name: a folder, which exists or whose path starts with `/`, `.` or `~`; or the id of a
            model on the hub.
        settings: provide the folders.

    Raises:
        CheckpointError: the folder or the repository has no classifier.
        FetchError: the hub is unreachable.
    """
    if name.startswith(("/", ".", "~")) or Path(name).is_dir():
        return _local(Path(name).expanduser())
    # The hub's library reads the environment when it is imported.
    from llm.model_store.hub import HubCheckpoint  # noqa: PLC0415

    class HubClassifier(HubCheckpoint):
        """A classifier on the hub at one commit."""

        def _needed(self, files: Collection[str]) -> tuple[list[str], OnnxModel | None]:
            return classifier_files(files), None

    source = HubClassifier(
        name,
        revision="",
        endpoint=settings.hf_endpoint,
        cache_dir=settings.hf_home / "hub",
        records_dir=settings.models_dir,
    )
    return source.find() or source.fetch(_ignore)


def classifier_files(files: Collection[str]) -> list[str]:
    """Return the files that loading needs, the weights first; empty: there is no classifier."""
    weights = _onnx_files(files) or choose_weight_files(files)
    if not weights or "config.json" not in files:
        return []
    return [*weights, *(name for name in (*CONFIG_FILES, "vocab.txt") if name in files)]


def weight_file(folder: Path) -> Path:
    """Return the first file with the weights of a classifier.

    Raises: CheckpointError: there is none.
    """
    if not folder.is_dir():
        raise CheckpointError(f"The folder {folder} does not exist.")
    paths = [*folder.glob("*"), *folder.glob("onnx/*")]
    files = classifier_files([path.relative_to(folder).as_posix() for path in paths])
    if not files:
        raise CheckpointError(f"{folder} contains no token classifier.")
    return folder / files[0]


def _onnx_files(files: Collection[str]) -> list[str]:
    """Return the preferred network in ONNX format, with the file beside it for large weights."""
    for name in _ONNX_NAMES:
        if f"{name}.onnx" in files:
            return [each for each in (f"{name}.onnx", f"{name}.onnx_data") if each in files]
    return []


def _local(folder: Path) -> Checkpoint:
    with weight_file(folder).open("rb") as file:
        revision = hashlib.file_digest(file, "sha256").hexdigest()
    return Checkpoint(folder.resolve().name, revision, folder)


def _ignore(_share: float) -> None:
    """Ignore the progress: the request that needs the model waits for it."""
