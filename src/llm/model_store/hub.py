"""A checkpoint from the Hugging Face hub, or from a mirror of it."""

import hashlib
import os
import tempfile
from collections.abc import Callable
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

from llm.engines.protocol import Checkpoint, CheckpointError
from llm.model_store.checkpoint_files import CONFIG_FILES, choose_weight_files
from llm.model_store.source import FetchError, OnProgress

TIMEOUT_S = 10.0
"""Seconds for the hub to answer a question; a download is timed by each block instead."""


class HubFile(BaseModel):
    """One file of a model."""

    name: str
    size_bytes: int
    sha256: str | None


class PinnedRevision(BaseModel):
    """Which commit a name stands for on this machine, and what belongs to it.

    Written once, so that a restart never changes the model, and needs no network.
    """

    commit: str
    files: list[HubFile]


class HubCheckpoint:
    """A model of the hub at one commit.

    Args:
        name: `owner/model`.
        revision: branch, tag or commit; empty: `main`.
        endpoint: address of the hub.
        cache_dir: the hub's cache, shared with other programs.
        records_dir: where the commit is written down.
    """

    def __init__(
        self, name: str, revision: str, endpoint: str, cache_dir: Path, records_dir: Path
    ) -> None:
        self._name = name
        self._revision = revision or "main"
        self._endpoint = endpoint
        self._cache_dir = cache_dir
        label = "--".join((*name.split("/"), *self._revision.split("/")))
        self._record = records_dir / f"{label}.json"

    def find(self) -> Checkpoint | None:
        """Return the checkpoint if every file of it is here."""
        pinned = self._pinned()
        if pinned is None or not all(map(self._is_here, self._paths(pinned))):
            return None
        return self._checkpoint(pinned)

    def fetch(self, on_progress: OnProgress) -> Checkpoint:
        """Download what is missing; a download that broke off goes on where it was.

        Raises:
            FetchError: no hub, a wrong name, or a file that is not what the hub announced.
        """
        try:
            pinned = self._pinned() or self._pin()
            self._download(pinned, on_progress)
        except (CheckpointError, FetchError):
            raise
        except (GatedRepoError, RepositoryNotFoundError, HFValidationError) as error:
            raise FetchError(f"The hub has no model {self._name} for us.") from error
        except RevisionNotFoundError as error:
            raise FetchError(f"{self._name} has no revision {self._revision}.") from error
        except Exception as error:
            # the hub's client lets its HTTP library's errors through, which are no OSError
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise FetchError(
                f"The hub at {self._endpoint} cannot be reached, or broke off ({reason})."
            ) from error
        return self._checkpoint(pinned)

    def _pinned(self) -> PinnedRevision | None:
        if not self._record.is_file():
            return None
        return PinnedRevision.model_validate_json(self._record.read_bytes())

    def _pin(self) -> PinnedRevision:
        info = HfApi(self._endpoint, token=False).model_info(
            self._name, revision=self._revision, files_metadata=True, timeout=TIMEOUT_S
        )
        siblings = {file.rfilename: file for file in info.siblings or []}
        weights = choose_weight_files(siblings)
        if not weights or not info.sha or "config.json" not in siblings:
            raise CheckpointError(f"{self._name} on the hub is no checkpoint of transformers.")
        needed = [*weights, *(name for name in CONFIG_FILES if name in siblings)]
        pinned = PinnedRevision(
            commit=info.sha,
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
        _write_at_once(self._record, pinned.model_dump_json(indent=2))
        return pinned

    def _download(self, pinned: PinnedRevision, on_progress: OnProgress) -> None:
        total = sum(file.size_bytes for file in pinned.files) or 1
        before = 0
        for file, path in self._paths(pinned):
            if not self._is_here((file, path)):
                hf_hub_download(
                    self._name,
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
    def _is_here(entry: tuple[HubFile, Path]) -> bool:
        file, path = entry
        return path.is_file() and path.stat().st_size == file.size_bytes

    def _folder(self, pinned: PinnedRevision) -> Path:
        repository = "--".join(("models", *self._name.split("/")))
        return self._cache_dir / repository / "snapshots" / pinned.commit

    def _checkpoint(self, pinned: PinnedRevision) -> Checkpoint:
        return Checkpoint(self._name, pinned.commit, self._folder(pinned))


def _verify(path: Path, file: HubFile) -> None:
    """Check a download against the hub's SHA-256; a wrong one goes, to be fetched again."""
    if file.sha256 is None:
        return
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise FetchError(f"{file.name} arrived with a wrong SHA-256, and is dropped.")


def _progress_bar(tell: Callable[[int], None]) -> type[tqdm]:
    """Return a progress bar that draws nothing, and tells the bytes there are so far."""

    class ToldProgress(tqdm):  # pyright: ignore[reportMissingTypeArgument]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._done = int(kwargs.get("initial") or 0)
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> None:
            self._done += int(n or 0)
            tell(self._done)

    return ToldProgress


def _write_at_once(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)
