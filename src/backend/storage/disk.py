"""The disk that received files lie on: how full it is, and writing to it."""

import errno
import shutil
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from backend.errors import DiskFullError
from contracts.models import HealthCheck, HealthStatus

_NO_ROOM = "There is no room left on the disk for this file."


class Disk:
    """Keeps a part of the disk free.

    Args:
        folder: any folder on the disk in question.
        min_free_bytes: what must stay free.
    """

    def __init__(self, folder: Path, min_free_bytes: int) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes

    def ensure_free(self, n_bytes: int) -> None:
        """Check that so many more bytes can be written.

        Raises: DiskFullError: they would eat into what must stay free.
        """
        if self.free_bytes() - n_bytes < self._min_free_bytes:
            raise DiskFullError(_NO_ROOM)

    def check(self) -> HealthCheck:
        """Tell whether new files can be received."""
        free = self.free_bytes()
        if free >= self._min_free_bytes:
            return HealthCheck(status=HealthStatus.READY)
        detail = f"{free // 2**20} MiB are free: new recordings are refused."
        return HealthCheck(status=HealthStatus.DEGRADED, detail=detail)

    def free_bytes(self) -> int:
        """Return what is free, that which must stay so included."""
        return shutil.disk_usage(self._folder).free


def size_bytes(folder: Path) -> int:
    """Return the bytes of all files in a folder, which may come and go meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            status = path.stat()
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return total


@contextmanager
def map_disk_full() -> Generator[None]:
    """Turn the system's word for a full disk or quota into `DiskFullError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(_NO_ROOM) from error
        raise


def write_all(file: FileIO, data: bytes | bytearray) -> None:
    """Write every byte to an unbuffered file, which may take fewer at a time.

    Raises: DiskFullError: the disk or the quota is full; what fitted in stays written.
    """
    view = memoryview(data)
    with map_disk_full():
        while view:
            view = view[file.write(view) :]
