"""The recordings as they were sent, kept for as long as their transcriptions."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from backend.storage.files import is_id

_SETTLING_S = 3600
"""Seconds for which a new blob may wait to be written down in the database."""


class BlobStore:
    """Files named by the id of their job, spread over folders by the id's first characters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, path: Path, job_id: str) -> Path:
        """Move a file in, at once and whole; it must lie on the same disk."""
        target = self._folder / job_id[:2] / job_id
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
        for folder in (target.parent, self._folder):  # else a power cut could undo the rename
            _sync(folder)
        return target

    def remove(self, blob: Path | None) -> None:
        """Remove a file that `keep` returned; None is none."""
        if blob is not None:
            blob.unlink(missing_ok=True)

    def remove_orphans(self, is_known: Callable[[str], bool]) -> None:
        """Remove what a process left that was killed before the database knew of it."""
        for blob in self._folder.glob("*/*"):
            is_new = blob.stat().st_mtime > time.time() - _SETTLING_S
            if is_id(blob.name) and not is_new and not is_known(blob.name):
                blob.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
