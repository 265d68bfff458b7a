"""Checks free disk space and writes files, with errors for a full disk."""

import errno
import os
import shutil
import stat
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import TypeVar

import stamina
import structlog

from backend.errors import DiskFullError
from contracts.models import HealthCheck, HealthStatus

log = structlog.get_logger()

_DISK_FULL = "Not enough disk space for this file."

_RESERVE_BYTES = 4 * 2**20
"""Enough for the logs of both SQLite databases, and for deleting a recording."""

_RETRY_S = 3600.0
_MAX_WAIT_S = 5.0

Result = TypeVar("Result")


class Disk:
    """A disk on which a minimum of space stays free.

    Args:
        folder: any folder on the disk.
        min_free_bytes: the space to keep free.
    """

    def __init__(self, folder: Path, min_free_bytes: int) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes

    def ensure_free(self, n_bytes: int) -> None:
        """Check that `n_bytes` can be written.

        Raises: DiskFullError: less than `min_free_bytes` would stay free.
        """
        if self.free_bytes() - n_bytes < self._min_free_bytes:
            raise DiskFullError(_DISK_FULL)

    def check(self) -> HealthCheck:
        """Return whether there is space for new files."""
        free = self.free_bytes()
        if free >= self._min_free_bytes:
            return HealthCheck(status=HealthStatus.READY)
        detail = f"Only {free // 2**20} MiB are free; new recordings are refused."
        return HealthCheck(status=HealthStatus.DEGRADED, detail=detail)

    def free_bytes(self) -> int:
        """Return the free space, including `min_free_bytes`."""
        return shutil.disk_usage(self._folder).free


class DiskReserve:
    """A file that keeps space for a start on a full disk.

    SQLite cannot open a database without space for its log, and so nobody could delete recordings.

    Args:
        path: of the file.
        disk: the file's disk.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self._path = path
        self._disk = disk

    def release_if_full(self) -> None:
        """Remove the file if the disk has less free space than its size."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._disk.free_bytes() < _RESERVE_BYTES and self._path.exists():
            self._path.unlink(missing_ok=True)
            log.warning("disk_reserve_released", free_bytes=self._disk.free_bytes())

    def restore(self) -> None:
        """Write the file if it is missing and as much space again stays free.

        Raises: OSError: it cannot be written; nothing of it is left.
        """
        if self._path.exists() or self._disk.free_bytes() < 2 * _RESERVE_BYTES:
            return
        try:
            # zeros would take no space on a disk that compresses
            self._path.write_bytes(os.urandom(_RESERVE_BYTES))
        except OSError:
            self._path.unlink(missing_ok=True)
            raise


def size_bytes(folder: Path) -> int:
    """Return the size of all files in a folder; files may appear and vanish meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = path.stat()
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total


@contextmanager
def map_disk_full() -> Generator[None]:
    """Convert the operating system's error for a full disk or quota to `DiskFullError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(_DISK_FULL) from error
        raise


async def retry_on_disk_full(write: Callable[[], Awaitable[Result]]) -> Result:
    """Run a transaction, and repeat it for up to an hour while the disk is full.

    Raises: DiskFullError: the disk stays full.
    """
    async for attempt in stamina.retry_context(
        on=DiskFullError, attempts=None, timeout=_RETRY_S, wait_max=_MAX_WAIT_S
    ):
        with attempt:
            return await write()
    raise AssertionError("the last attempt returns or raises")


def write_all(file: FileIO, data: bytes | bytearray) -> None:
    """Write all bytes to an unbuffered file, whose `write` may accept fewer.

    Raises: DiskFullError: the disk or quota is full; bytes written so far stay in the file.
    """
    view = memoryview(data)
    with map_disk_full():
        while view:
            view = view[file.write(view) :]
