"""The interface of the stores of recordings."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Blob:
    """A stored recording.

    Attributes:
        name: see `blob_name`.
        modified_at: seconds since 1970.
    """

    name: str
    size_bytes: int
    modified_at: float


class BlobReader(Protocol):
    """Reads the content of a blob from any position."""

    async def seek(self, offset: int, /) -> int:
        """Move to a byte, from the start."""
        ...

    async def read(self, size: int, /) -> bytes:
        """Return the next bytes; fewer than `size` only at the end."""
        ...


class BlobStore(Protocol):
    """Recordings by name. A blob never changes.

    Every method but `remove` may raise StorageUnavailableError.
    """

    async def ping(self) -> None:
        """Check that the store answers."""
        ...

    async def keep(self, path: Path, job_id: str, same: str | None = None) -> str:
        """Move a file into the store, atomically and durably, and return the blob's name.

        Args:
            path: the file, in the work folder.
            job_id: the job that it belongs to.
            same: name of a blob with the same content, which may have been removed meanwhile;
                its content is not sent or written again if that can be avoided.

        Raises: DiskFullError: the disk is full.
        """
        ...

    async def put(self, file: Path, name: str) -> None:
        """Copy a file into the store, atomically.

        Raises:
            DiskFullError: the disk is full.
            FileNotFoundError: the file was removed.
        """
        ...

    async def copy(self, name: str, target: Path) -> None:
        """Link or copy a blob's content to a file in the work folder.

        Raises:
            DiskFullError: the disk is full.
            FileNotFoundError: the blob was removed.
        """
        ...

    def local_file(self, name: str) -> AbstractAsyncContextManager[Path]:
        """Provide a blob's content as a file of this machine, to be read only.

        A blob that was removed raises FileNotFoundError, here or when the file is opened.

        Raises: DiskFullError: the disk is full.
        """
        ...

    def open(self, name: str) -> AbstractAsyncContextManager[BlobReader]:
        """Open a blob, to read parts of it.

        Raises: FileNotFoundError: the blob was removed.
        """
        ...

    async def find(self, name: str) -> Blob | None:
        """Return a blob, if it still exists."""
        ...

    def every(self) -> AsyncIterator[Blob]:
        """Yield the blobs; others may appear and vanish meanwhile."""
        ...

    async def remove(self, name: str | None) -> None:
        """Remove a blob, if it still exists; None removes nothing."""
        ...


def blob_name(job_id: str) -> str:
    """Return the name of a job's blob; its second folder divides the many files."""
    return f"blobs/{job_id[:2]}/{job_id}"
