"""Stores recordings as they were uploaded, for as long as their jobs."""

import os
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from anyio.to_thread import run_sync

from backend.storage.disk import map_disk_full
from backend.storage.files import is_id

_GRACE_PERIOD_S = 3600
"""A blob this new is no orphan: the database may not refer to it yet."""


class BlobStore:
    """Files named by job id, in folders named by the id's first two characters."""

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

    async def copy(self, blob: Path, target: Path) -> None:
        """Give a blob's content a second file on the same disk, without using space if possible.

        Raises:
            DiskFullError: the disk is full.
            FileNotFoundError: the blob was removed.
        """
        await run_sync(_copy, blob, target)

    async def remove(self, blob: Path | None) -> None:
        """Remove a blob that `keep` returned, if it still exists; None removes nothing."""
        if blob is not None:
            await run_sync(lambda: blob.unlink(missing_ok=True))

    async def remove_orphans(self, is_held: Callable[[Path], Awaitable[bool]]) -> None:
        """Remove the blobs that a process killed between file and database left behind.

        Args:
            is_held: returns whether the database refers to a blob.
        """
        for blob in await run_sync(self._old_blobs):
            if not await is_held(blob):
                await self.remove(blob)

    def _keep(self, path: Path, job_id: str, same: Path | None) -> Path:
        target = self._folder / job_id[:2] / job_id
        target.parent.mkdir(parents=True, exist_ok=True)
        with map_disk_full():
            if same is None or not _try_link(same, target):
                _sync(path)
                path.rename(target)
            path.unlink(missing_ok=True)
            for folder in (target.parent, self._folder):  # these hold the new name
                _sync(folder)
        return target

    def _old_blobs(self) -> list[Path]:
        blobs = self._folder.glob("*/*")
        return [blob for blob in blobs if is_id(blob.name) and not _is_new(blob)]


def _copy(blob: Path, target: Path) -> None:
    with map_disk_full():
        if not _try_link(blob, target):
            shutil.copyfile(blob, target)


def _is_new(blob: Path) -> bool:
    try:
        return blob.stat().st_mtime > time.time() - _GRACE_PERIOD_S
    except FileNotFoundError:  # removed concurrently
        return True


def _try_link(blob: Path, name: Path) -> bool:
    """Give a blob a second name, if it still exists; return whether that succeeded."""
    try:
        name.hardlink_to(blob)
        os.utime(name)  # so that it counts as new
    except OSError:  # also when the file system supports no links, or no more for this file
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
