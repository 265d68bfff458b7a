"""Recordings that arrive in one request, written to disk as they come."""

import fcntl
import hashlib
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from io import FileIO
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from backend.errors import TooLargeError
from backend.storage.disk import Disk, write_whole
from backend.storage.files import StoredFile, display_name, new_id

_PARTIAL = ".part"


class FolderInUseError(RuntimeError):
    """Two backends must not share a folder: each would take the other's files for orphans."""


class IncomingFile:
    """One recording on its way to disk; see `WorkFolder.receiving`."""

    def __init__(self, file: FileIO, path: Path, disk: Disk, max_bytes: int) -> None:
        self._file = file
        self._path = path
        self._disk = disk
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._digest = hashlib.sha256()

    async def write(self, data: bytes) -> None:
        """Add bytes at the end.

        Raises:
            TooLargeError: with them the file is larger than is accepted.
            DiskFullError: there is no room for them.
        """
        self._size_bytes += len(data)
        if self._size_bytes > self._max_bytes:
            raise TooLargeError(f"The file has more than {self._max_bytes} bytes.")
        await run_sync(self._write_and_digest, data)

    async def finish(self, client_name: str | None) -> StoredFile:
        """Return the whole file, which now belongs to the caller."""
        return await run_sync(self._finish, client_name)

    def _write_and_digest(self, data: bytes) -> None:
        self._disk.ensure_room(len(data))  # not every client says how much will come
        write_whole(self._file, data)
        self._digest.update(data)

    def _finish(self, client_name: str | None) -> StoredFile:
        self._file.close()
        whole = self._path.with_suffix("")
        self._path.rename(whole)
        return StoredFile(
            path=whole,
            name=display_name(client_name),
            size_bytes=self._size_bytes,
            sha256=self._digest.hexdigest(),
        )

    def discard_unfinished(self) -> None:
        """Leave nothing behind of a file that was not finished."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class WorkFolder:
    """Where recordings lie while they are worked on.

    A file that is still arriving has the suffix `.part` and is this class's; a whole one
    has none and belongs to its job.
    """

    def __init__(self, folder: Path, disk: Disk, max_bytes: int) -> None:
        self._folder = folder
        self._disk = disk
        self._max_bytes = max_bytes

    @property
    def max_bytes(self) -> int:
        """The size of the largest file that is accepted."""
        return self._max_bytes

    @contextmanager
    def owned(self) -> Generator[None]:
        """Own the folder while this lasts; what a killed process left in it is removed.

        Raises:
            FolderInUseError: another backend works in it.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._folder.with_suffix(".lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderInUseError(f"another backend works in {self._folder}") from None
            self._clear()
            try:
                yield
            finally:
                self._clear()  # a request that was cut off at the stop may have left a part

    def _clear(self) -> None:
        for orphan in self._folder.iterdir():
            orphan.unlink(missing_ok=True)

    @asynccontextmanager
    async def receiving(self, announced_bytes: int) -> AsyncGenerator[IncomingFile]:
        """Give a file to write to; unless it is finished, it is gone at the end.

        Args:
            announced_bytes: how many the client says will come, 0 when it does not say.

        Raises: DiskFullError: there is no room for them.
        """
        incoming = await run_sync(self._open, announced_bytes)
        try:
            yield incoming
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(incoming.discard_unfinished)

    def path_for_new_file(self) -> Path:
        """Return where a recording that arrived elsewhere is to be moved to."""
        return self._folder / new_id()

    def _open(self, announced_bytes: int) -> IncomingFile:
        self._disk.ensure_room(announced_bytes)
        path = self.path_for_new_file().with_suffix(_PARTIAL)
        return IncomingFile(FileIO(path, "xb"), path, self._disk, self._max_bytes)
