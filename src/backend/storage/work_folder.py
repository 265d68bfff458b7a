"""Files that are worked on: recordings as they arrive, and decoded ones of running jobs.

Several backends may share the folder. Each has a number, held by a lock that ends with the
process, however it dies; a process that starts takes the first number that is free, so that
one that was killed finds its own again. A file that a process is writing begins with its
number: `0-….part` is arriving, `0-…` has arrived. `{job}.pcm` is a decoded recording, whole,
and belongs to its job, whichever process works on that.
"""

import fcntl
import hashlib
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from io import FileIO
from pathlib import Path

import anyio
from anyio.to_thread import run_sync

from backend.errors import TooLargeError
from backend.storage.disk import Disk, write_all
from backend.storage.files import StoredFile, display_name, new_id

_PARTIAL = ".part"
_PCM = ".pcm"
WRITE_BYTES = 2**20
"""Gathered before it is written: each write is a thread's turn."""


class FolderInUseError(RuntimeError):
    """As many backends as may share a folder do so already."""


class IncomingFile:
    """One recording on its way to disk; see `WorkFolder.receiving`."""

    def __init__(self, file: FileIO, path: Path, disk: Disk, max_bytes: int) -> None:
        self._file = file
        self._path = path
        self._disk = disk
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._pending = bytearray()
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
        self._pending += data
        if len(self._pending) >= WRITE_BYTES:
            await run_sync(self._write_pending)

    async def finish(self, client_name: str | None) -> StoredFile:
        """Return the whole file, which now belongs to the caller; it may not be on disk yet."""
        return await run_sync(self._finish, client_name)

    def _write_pending(self) -> None:
        data, self._pending = self._pending, bytearray()
        self._disk.ensure_free(len(data))  # not every client says how much will come
        write_all(self._file, data)
        self._digest.update(data)

    def _finish(self, client_name: str | None) -> StoredFile:
        with self._file:
            self._write_pending()
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

    Args:
        folder: holds them, and nothing else.
        disk: that of the folder.
        max_bytes: of the largest file that is accepted.
        max_processes: backends that may share the folder.
    """

    def __init__(self, folder: Path, disk: Disk, max_bytes: int, max_processes: int = 1) -> None:
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
        """This process's own among those that share the folder; only while it is owned."""
        assert self._number is not None
        return self._number

    @contextmanager
    def owned(self) -> Generator[None]:
        """Have a place in the folder while this lasts; what killed processes left is removed.

        Raises:
            FolderInUseError: no place is free.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for number in range(self._max_processes):
            with self._lock(number) as is_ours:
                if not is_ours:
                    continue
                self._number = number
                self._clear(number)
                try:
                    yield
                finally:
                    self._clear(number)  # a request cut off at the stop may have left a part
                    self._number = None
                return
        raise FolderInUseError(f"another backend works in {self._folder}")

    def dead_processes(self) -> Iterator[int]:
        """Yield the number of each process that died; meanwhile no other process has it.

        What it was writing is removed.
        """
        for number in range(self._max_processes):
            if number == self._number or not self._lock_path(number).exists():
                continue
            with self._lock(number) as is_ours:
                if is_ours:
                    self._clear(number)
                    yield number

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
        return self._folder / f"{self.process_number}-{new_id()}"

    def pcm(self, job_id: str) -> Path:
        """Return where a job's decoded recording lies, if it does."""
        return self._folder / f"{job_id}{_PCM}"

    @contextmanager
    def writing_pcm(self, job_id: str) -> Generator[Path]:
        """Give a path to write a decoded recording to; it takes its place at the end."""
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
    def _lock(self, number: int) -> Generator[bool]:
        with self._lock_path(number).open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _clear(self, number: int) -> None:
        for path in self._folder.iterdir():
            owner, dash, _ = path.name.partition("-")
            # without a number: left by a version before the numbers
            if owner == str(number) or (not dash and path.suffix != _PCM):
                path.unlink(missing_ok=True)
