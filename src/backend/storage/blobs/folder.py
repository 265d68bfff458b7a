"""Stores recordings in a folder."""

import errno
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from backend.storage.blobs.store import Blob, BlobReader, blob_name
from backend.storage.disk import map_disk_full


class FolderBlobs:
    """Blobs as files of a folder; see `BlobStore`.

    Equal recordings share their content by hard links, and a recording on the same disk is moved
    and opened, never copied.

    Args:
        folder: the names of blobs are paths in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def ping(self) -> None:
        """Do nothing: a folder is always there."""

    async def keep(self, path: Path, job_id: str, same: str | None = None) -> str:
        """Move a file into the folder."""
        return await run_sync(self._keep, path, job_id, same)

    async def put(self, file: Path, name: str) -> None:
        """Copy a file into the folder."""
        await run_sync(_copy_whole, file, self._folder / name)

    async def copy(self, name: str, target: Path) -> None:
        """Link the blob to another path, or copy it."""
        await run_sync(_copy, self._folder / name, target)

    @asynccontextmanager
    async def local_file(self, name: str) -> AsyncGenerator[Path]:
        """Provide the blob's own file."""
        yield self._folder / name

    @asynccontextmanager
    async def open(self, name: str) -> AsyncGenerator[BlobReader]:
        """Open the blob's own file."""
        async with await anyio.open_file(self._folder / name, "rb") as file:
            yield file

    async def find(self, name: str) -> Blob | None:
        """Return a blob, if it still exists."""
        return await run_sync(self._find, name)

    async def every(self) -> AsyncIterator[Blob]:
        """Yield the blobs."""
        for name in await run_sync(self._names):
            if blob := await self.find(name):
                yield blob

    async def remove(self, name: str | None) -> None:
        """Remove a blob, if it still exists."""
        if name is not None:
            await run_sync(lambda: (self._folder / name).unlink(missing_ok=True))

    def _keep(self, path: Path, job_id: str, same: str | None) -> str:
        name = blob_name(job_id)
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with map_disk_full():
            if same is None or not _try_link(self._folder / same, target):
                _move(path, target)
            path.unlink(missing_ok=True)
            for folder in (target.parent, target.parent.parent):  # these hold the new name
                _sync(folder)
        return name

    def _find(self, name: str) -> Blob | None:
        try:
            status = (self._folder / name).stat()
        except FileNotFoundError:
            return None
        return Blob(name, status.st_size, status.st_mtime)

    def _names(self) -> list[str]:
        files = (self._folder / "blobs").glob("*/*")
        return [file.relative_to(self._folder).as_posix() for file in files]


def _copy(blob: Path, target: Path) -> None:
    with map_disk_full():
        if not _try_link(blob, target):
            shutil.copyfile(blob, target)


def _copy_whole(file: Path, target: Path) -> None:
    """Copy a file so that the copy appears when it is complete."""
    unfinished = target.with_name(f"{target.name}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with map_disk_full():
            shutil.copyfile(file, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _move(path: Path, target: Path) -> None:
    try:
        _sync(path)
        path.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:  # another disk
            raise
        _copy_whole(path, target)
        _sync(target)


def _try_link(blob: Path, name: Path) -> bool:
    """Make a hard link to a blob, if it still exists; return whether that succeeded."""
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
