"""A checkpoint on the Hugging Face hub or a mirror."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    GatedRepoError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from pydantic import BaseModel
from tqdm import tqdm

from llm.engines.protocol import Checkpoint, CheckpointError, ComputeType, OnnxModel
from llm.model_store.checkpoint_files import CONFIG_FILES, choose_weight_files
from llm.model_store.onnx_files import HUB_MODELS, INT8, find_onnx_files, model_type_of
from llm.model_store.source import DamagedDownloadError, FetchError, OnProgress, UnknownModelError

TIMEOUT_S = 10.0
"""Seconds for the hub to answer an API call; the time-out of a download is per block."""


class HubFile(BaseModel):
    """One file of a model."""

    name: str
    size_bytes: int
    sha256: str | None


class PinnedRevision(BaseModel):
    """The commit of a model on this machine, and its files.

    Written once, so that a restart neither changes the model nor needs the network; again if
    another precision is asked for.

    Attributes:
        onnx: the networks among the files; None: a checkpoint in transformers' layout.
    """

    commit: str
    files: list[HubFile]
    onnx: OnnxModel | None = None

    def has(self, compute_type: ComputeType) -> bool:
        """Return whether the files have the precision that is asked for."""
        if self.onnx is None or compute_type not in (ComputeType.INT8, ComputeType.FP32):
            return True
        return self.onnx.quantization == (INT8 if compute_type is ComputeType.INT8 else None)


class HubCheckpoint:
    """A model on the hub at one commit.

    Args:
        name: `owner/model`, or onnx-asr's name of a model.
        revision: branch, tag or commit; empty: `main`.
        endpoint: address of the hub.
        cache_dir: the hub's cache, shared with other programs.
        records_dir: folder of the file that records the commit.
        compute_type: the precision to prefer, where a model has several.
    """

    def __init__(  # noqa: PLR0913  # one argument for each setting
        self,
        name: str,
        *,
        revision: str,
        endpoint: str,
        cache_dir: Path,
        records_dir: Path,
        compute_type: ComputeType = ComputeType.AUTO,
    ) -> None:
        self._name = name
        self._repository, self._model_type = HUB_MODELS.get(name, (name, None))
        self._compute_type = compute_type
        self._revision = revision or "main"
        self._endpoint = endpoint
        self._cache_dir = cache_dir
        label = "--".join((*name.split("/"), *self._revision.split("/")))
        self._record = records_dir / f"{label}.json"

    def find(self) -> Checkpoint | None:
        """Return the checkpoint if all its files are downloaded."""
        pinned = self._pinned()
        if pinned is None or not all(map(self._is_downloaded, self._paths(pinned))):
            return None
        return self._checkpoint(pinned)

    def fetch(self, on_progress: OnProgress) -> Checkpoint:
        """Download the missing files; resume an interrupted download.

        Raises:
            FetchError: the hub is unreachable.
            UnknownModelError: it has no public model of that name and revision.
            DamagedDownloadError: a checksum differs.
            CheckpointError: the repository contains no checkpoint.
        """
        try:
            pinned = self._pinned() or self._pin()
            self._download(pinned, on_progress)
        except (CheckpointError, FetchError):
            raise
        except (GatedRepoError, RepositoryNotFoundError, HFValidationError) as error:
            raise UnknownModelError(f"The hub has no public model {self._name}.") from error
        except RevisionNotFoundError as error:
            raise UnknownModelError(
                f"The model {self._name} has no revision {self._revision}."
            ) from error
        except Exception as error:
            # Errors of the client's HTTP library pass through; they share no base class.
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise FetchError(
                f"Cannot download from the hub at {self._endpoint} ({reason})."
            ) from error
        return self._checkpoint(pinned)

    def _pinned(self) -> PinnedRevision | None:
        if not self._record.is_file():
            return None
        pinned = PinnedRevision.model_validate_json(self._record.read_bytes())
        return pinned if pinned.has(self._compute_type) else None

    def _pin(self) -> PinnedRevision:
        info = HfApi(self._endpoint, token=False).model_info(
            self._repository, revision=self._revision, files_metadata=True, timeout=TIMEOUT_S
        )
        siblings = {file.rfilename: file for file in info.siblings or []}
        needed, onnx = self._needed(siblings)
        if not needed or not info.sha:
            raise CheckpointError(
                f"{self._name} on the hub contains no transformers checkpoint and no model for "
                "onnx-asr."
            )
        pinned = PinnedRevision(
            commit=info.sha,
            onnx=onnx,
            files=[
                HubFile(
                    name=name,
                    size_bytes=siblings[name].size or 0,
                    sha256=lfs.sha256 if (lfs := siblings[name].lfs) else None,
                )
                for name in needed
            ],
        )
        self._record.parent.mkdir(parents=True, exist_ok=True)
        _write_atomically(self._record, pinned.model_dump_json(indent=2))
        return pinned

    def _needed(self, files: Collection[str]) -> tuple[list[str], OnnxModel | None]:
        """Return the names of the files to download, and the networks among them."""
        try:
            onnx = find_onnx_files(files, self._compute_type, self._model_type)
        except CheckpointError as error:
            names = [name for name, (where, _) in HUB_MODELS.items() if where == self._repository]
            hint = f" Name one of them: {', '.join(names)}." if names else ""
            raise CheckpointError(f"{self._name} on the hub: {error}{hint}") from error
        if onnx:
            return [*onnx.weights, *onnx.others], onnx.model
        weights = choose_weight_files(files)
        if not weights or "config.json" not in files or self._model_type:
            return [], None
        return [*weights, *(name for name in CONFIG_FILES if name in files)], None

    def _download(self, pinned: PinnedRevision, on_progress: OnProgress) -> None:
        total = sum(file.size_bytes for file in pinned.files) or 1
        before = 0
        for file, path in self._paths(pinned):
            if not self._is_downloaded((file, path)):
                hf_hub_download(
                    self._repository,
                    file.name,
                    revision=pinned.commit,
                    endpoint=self._endpoint,
                    cache_dir=self._cache_dir,
                    etag_timeout=TIMEOUT_S,
                    token=False,
                    tqdm_class=_progress_bar(
                        lambda done, before=before: on_progress((before + done) / total)
                    ),
                )
                _verify(path, file)
            before += file.size_bytes
            on_progress(before / total)

    def _paths(self, pinned: PinnedRevision) -> list[tuple[HubFile, Path]]:
        folder = self._folder(pinned)
        return [(file, folder / file.name) for file in pinned.files]

    @staticmethod
    def _is_downloaded(entry: tuple[HubFile, Path]) -> bool:
        file, path = entry
        return path.is_file() and path.stat().st_size == file.size_bytes

    def _folder(self, pinned: PinnedRevision) -> Path:
        repository = "--".join(("models", *self._repository.split("/")))
        return self._cache_dir / repository / "snapshots" / pinned.commit

    def _checkpoint(self, pinned: PinnedRevision) -> Checkpoint:
        folder, onnx = self._folder(pinned), pinned.onnx
        if onnx and self._model_type is None:
            onnx = replace(onnx, model_type=model_type_of(folder) or onnx.model_type)
        size_bytes = sum(file.size_bytes for file in pinned.files)
        return Checkpoint(self._name, pinned.commit, folder, onnx, size_bytes)


def _verify(path: Path, file: HubFile) -> None:
    """Compare a download with the hub's SHA-256; delete it if they differ."""
    if file.sha256 is None:
        return
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise DamagedDownloadError(f"{file.name} has a wrong SHA-256 and was deleted.")


def _progress_bar(on_bytes: Callable[[int], None]) -> "type[tqdm[Any]]":
    """Return a progress bar class that draws nothing and reports the bytes downloaded."""

    class ReportedProgress(tqdm):  # pyright: ignore[reportMissingTypeArgument]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._done = int(kwargs.get("initial") or 0)
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> None:
            self._done += int(n or 0)
            on_bytes(self._done)

    return ReportedProgress


def _write_atomically(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)
