"""Stores recordings while they are received and decoded.

Several backends may share the folder. Each has a process number, held by a file lock that the
operating system releases however the process ends, and an id, which the locked file contains; a
starting process takes the first free number, so that a restarted one usually gets its own number
back, and learns the id that it had. Files that a process writes begin with its number: `0-….part`
is being received, `0-…` is complete. `{job}.pcm` is a complete decoded recording and belongs to its
job, whichever process runs that.
"""

import fcntl
import hashlib
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from io import FileIO
from pathlib import Path
from typing import TextIO

import anyio
from anyio.to_thread import run_sync

from backend.errors import TooLargeError
from backend.storage.disk import Disk, write_all
from backend.storage.files import StoredFile, display_name, new_id

_PARTIAL = ".part"
_PCM = ".pcm"
WRITE_BYTES = 2**20
"""Bytes collected before a write, because each write starts a thread."""


class FolderInUseError(RuntimeError):
    """The maximum number of backends already uses the folder."""


class IncomingFile:
    """A recording being received; see `WorkFolder.receiving`."""

    def __init__(self, file: FileIO, path: Path, disk: Disk, max_bytes: int) -> None:
        self._file = file
        self._path = path
        self._disk = disk
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._pending = bytearray()
        self._digest = hashlib.sha256()

    async def write(self, data: bytes) -> None:
        """Append bytes.

        Raises:
            TooLargeError: the file exceeds the largest accepted size.
            DiskFullError: there is not enough disk space for them.
        """
        self._size_bytes += len(data)
        if self._size_bytes > self._max_bytes:
            raise TooLargeError(f"The file is larger than {self._max_bytes} bytes.")
        self._pending += data
        if len(self._pending) >= WRITE_BYTES:
            await run_sync(self._write_pending)

    async def finish(self, client_name: str | None) -> StoredFile:
        """Return the complete file, owned by the caller; it is not synced to disk yet."""
        return await run_sync(self._finish, client_name)

    def _write_pending(self) -> None:
        data, self._pending = self._pending, bytearray()
        self._disk.ensure_free(len(data))  # not every client announces the size
        write_all(self._file, data)
        self._digest.update(data)

    def _finish(self, client_name: str | None) -> StoredFile:
        with self._file:
            self._write_pending()
        complete = self._path.with_suffix("")
        self._path.rename(complete)
        return StoredFile(
            path=complete,
            name=display_name(client_name),
            size_bytes=self._size_bytes,
            sha256=self._digest.hexdigest(),
        )

    def discard_unfinished(self) -> None:
        """Remove the file unless it was finished."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class WorkFolder:
    """Stores files of recordings that are being received or transcribed.

    Args:
        folder: for these files only.
        disk: the folder's disk.
        max_bytes: the largest accepted file.
        max_processes: how many backends may share the folder.

    Attributes:
        process_id: of this process, new at each start.
        previous_process_id: of the one that held the number before; empty: none that died.
    """

    def __init__(self, folder: Path, disk: Disk, max_bytes: int, max_processes: int = 1) -> None:
        self.process_id = new_id()
        self.previous_process_id = ""
        self._folder = folder
        self._disk = disk
        self._max_bytes = max_bytes
        self._max_processes = max_processes
        self._number: int | None = None

    @property
    def max_bytes(self) -> int:
        """The size of the largest file that is accepted."""
        return self._max_bytes

    @property
    def process_number(self) -> int:
        """This process's number among those that share the folder; set inside `owned`."""
        assert self._number is not None
        return self._number

    @contextmanager
    def owned(self) -> Generator[None]:
        """Hold a process number, and remove files that its previous holder left.

        Raises:
            FolderInUseError: no number is free.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for number in range(self._max_processes):
            with self._try_lock(number) as lock:
                if lock is None:
                    continue
                self._number = number
                self.previous_process_id = _replace(lock, self.process_id)
                self._clear(number)
                try:
                    yield
                finally:
                    self._clear(number)  # a request cancelled at shutdown may have left a file
                    self._number = None
                return
        raise FolderInUseError(f"Another backend uses {self._folder}.")

    def dead_processes(self) -> Iterator[str]:
        """Yield the id of each process that died, after removing the files it was writing.

        Its number stays locked until the next one is requested.
        """
        for number in range(self._max_processes):
            if number == self._number or not self._lock_path(number).exists():
                continue
            with self._try_lock(number) as lock:
                if lock is None:
                    continue
                self._clear(number)
                if process_id := lock.read():
                    yield process_id
                _replace(lock, "")

    @asynccontextmanager
    async def receiving(self, announced_bytes: int) -> AsyncGenerator[IncomingFile]:
        """Open a file for a recording; it is removed at the end unless it was finished.

        Args:
            announced_bytes: how many bytes the client announced, 0 if unknown.

        Raises: DiskFullError: there is not enough disk space for them.
        """
        incoming = await run_sync(self._open, announced_bytes)
        try:
            yield incoming
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(incoming.discard_unfinished)

    def path_for_new_file(self) -> Path:
        """Return an unused path for a file of this process."""
        return self._folder / f"{self.process_number}-{new_id()}"

    def pcm(self, job_id: str) -> Path:
        """Return the path of a job's decoded recording, which need not exist."""
        return self._folder / f"{job_id}{_PCM}"

    @contextmanager
    def writing_pcm(self, job_id: str) -> Generator[Path]:
        """Yield a path for writing a decoded recording, renamed to `pcm(job_id)` on success."""
        path = self.path_for_new_file()
        try:
            yield path
            path.rename(self.pcm(job_id))
        finally:
            path.unlink(missing_ok=True)

    async def jobs_with_pcm(self) -> list[str]:
        """Return the ids of the jobs whose decoded recording exists."""
        return await run_sync(self._jobs_with_pcm)

    async def remove_pcm(self, *job_ids: str) -> None:
        """Remove the decoded recordings of these jobs, if they exist."""
        await run_sync(self._remove_pcm, job_ids)

    def _open(self, announced_bytes: int) -> IncomingFile:
        self._disk.ensure_free(announced_bytes)
        path = self.path_for_new_file().with_suffix(_PARTIAL)
        return IncomingFile(FileIO(path, "xb"), path, self._disk, self._max_bytes)

    def _jobs_with_pcm(self) -> list[str]:
        return [path.stem for path in self._folder.glob(f"*{_PCM}")]

    def _remove_pcm(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self.pcm(job_id).unlink(missing_ok=True)

    def _lock_path(self, number: int) -> Path:
        return self._folder.with_suffix(f".{number}.lock")

    @contextmanager
    def _try_lock(self, number: int) -> Generator[TextIO | None]:
        with self._lock_path(number).open("a+", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                lock.seek(0)
                yield lock

    def _clear(self, number: int) -> None:
        for path in self._folder.iterdir():
            owner, dash, _ = path.name.partition("-")
            # earlier versions wrote files without a number
            if owner == str(number) or (not dash and path.suffix != _PCM):
                path.unlink(missing_ok=True)


def _replace(file: TextIO, text: str) -> str:
    """Replace the content of a file that is open at its start, and return what it was."""
    earlier = file.read()
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
    return earlier
