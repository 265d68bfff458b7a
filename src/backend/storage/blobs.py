"""The recordings as they were sent, kept for as long as their transcriptions."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from anyio.to_thread import run_sync

from backend.storage.disk import map_disk_full
from backend.storage.files import is_id

_SETTLING_S = 3600
"""Seconds for which a new blob may wait to be written down in the database."""


class BlobStore:
    """Files named by the id of their job, spread over folders by the id's first characters."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, path: Path, job_id: str, same: Path | None = None) -> Path:
        """Move a file into the store, atomically and durably.

        Args:
            path: the file, on the same disk.
            job_id: the blob's name.
            same: a blob with the same content, stored once under both names; it may have been
                removed meanwhile.

        Raises: DiskFullError: the disk is full.
        """
        return await run_sync(self._keep, path, job_id, same)

    async def remove(self, blob: Path | None) -> None:
        """Remove a blob that `keep` returned, if it still exists; None removes nothing."""
        if blob is not None:
            await run_sync(lambda: blob.unlink(missing_ok=True))

    async def remove_orphans(self, is_held: Callable[[Path], bool]) -> None:
        """Remove the blobs that a process killed between file and database left behind.

        Args:
            is_held: returns whether the database refers to a blob; called in a thread.
        """
        await run_sync(self._remove_orphans, is_held)

    def _keep(self, path: Path, job_id: str, same: Path | None) -> Path:
        target = self._folder / job_id[:2] / job_id
        target.parent.mkdir(parents=True, exist_ok=True)
        with map_disk_full():
            if same is None or not _is_linked(same, target):
                _sync(path)
                path.rename(target)
            path.unlink(missing_ok=True)
            for folder in (target.parent, self._folder):  # these hold the new name
                _sync(folder)
        return target

    def _remove_orphans(self, is_held: Callable[[Path], bool]) -> None:
        for blob in self._folder.glob("*/*"):
            if is_id(blob.name) and not _is_new(blob) and not is_held(blob):
                blob.unlink(missing_ok=True)


def _is_new(blob: Path) -> bool:
    try:
        return blob.stat().st_mtime > time.time() - _SETTLING_S
    except FileNotFoundError:  # removed in this moment
        return True


def _is_linked(blob: Path, name: Path) -> bool:
    """Give a blob another name, unless it has gone; it counts as new then."""
    try:
        name.hardlink_to(blob)
        os.utime(name)
    except OSError:  # or the file system has no links, or no more of them
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
