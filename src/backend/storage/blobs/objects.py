"""Stores recordings as objects of a bucket, such as one of S3."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from io import FileIO
from pathlib import Path

import anyio
import obstore
import stamina
import structlog
from anyio.to_thread import run_sync
from obstore.exceptions import BaseError
from obstore.store import S3Store

from backend.errors import StorageUnavailableError
from backend.storage.blobs.store import Blob, BlobReader, blob_name
from backend.storage.disk import Disk, map_disk_full, write_all

log = structlog.get_logger()

_RETRY_AFTER_S = 10
_ANSWER_S = 5
"""Seconds without a byte of an answer, after which a request has failed."""
_SEND_S = 120
"""The same where a part of a recording must be sent before there is an answer."""
_RETRY_S = 5
"""Seconds for which a failed request is repeated, so that readers get an answer soon."""
_KEEP_S = 60.0
"""Seconds for which a recording that was received waits for the store, so that it is not lost."""

_PART_BYTES = 8 * 2**20
_MAX_PARTS = 10_000
"""Parts of an upload. Source: Amazon S3 User Guide, "multipart upload limits"."""
_PARTS_AT_ONCE = 4

_AHEAD_BYTES = 2**20
"""Bytes that a reader asks for at once: a request for each of its reads would be slow."""


class ObjectBlobs:
    """Blobs as objects; see `BlobStore`.

    The address and the credentials are read from the variables `AWS_…` of the environment.

    Args:
        url: `s3://bucket` or `s3://bucket/prefix`; names of blobs continue the prefix.
        new_path: returns an unused path for a file of this process.
        disk: the disk of these files.
    """

    def __init__(self, url: str, new_path: Callable[[], Path], disk: Disk) -> None:
        self._store = _open(url, _ANSWER_S)
        self._receiving = _open(url, _SEND_S)
        self._new_path = new_path
        self._disk = disk

    async def ping(self) -> None:
        """List the folders of the prefix."""
        with _mapped_errors(name_must_exist=False):
            await obstore.list_with_delimiter_async(self._store, "blobs")

    async def keep(self, path: Path, job_id: str, same: str | None = None) -> str:
        """Send a file in parts, or let the store copy the same content, and remove the file."""
        name = blob_name(job_id)
        async for attempt in stamina.retry_context(
            on=StorageUnavailableError, attempts=None, timeout=_KEEP_S
        ):
            with attempt:
                if same is None or not await self._try_copy(same, name):
                    await self.put(path, name)
        await run_sync(path.unlink)
        return name

    async def put(self, file: Path, name: str) -> None:
        """Send a file in parts; each is signed with its hash, which the store verifies."""
        n_bytes = (await run_sync(file.stat)).st_size
        with _mapped_errors(name_must_exist=False):
            await obstore.put_async(
                self._receiving,
                name,
                file,
                chunk_size=max(_PART_BYTES, -(-n_bytes // _MAX_PARTS)),
                max_concurrency=_PARTS_AT_ONCE,
            )
        found = await self.find(name)
        if found is None or found.size_bytes != n_bytes:
            raise _unavailable("IncompleteObject")

    async def copy(self, name: str, target: Path) -> None:
        """Fetch a blob."""
        blob = await self._require(name)
        self._disk.ensure_free(blob.size_bytes)
        with map_disk_full():
            file = await run_sync(FileIO, target, "wb")
        with file:
            for start in range(0, blob.size_bytes, _PART_BYTES):
                part = await self._read(blob, start, _PART_BYTES)
                await run_sync(write_all, file, part)

    @asynccontextmanager
    async def local_file(self, name: str) -> AsyncGenerator[Path]:
        """Fetch a blob for as long as it is needed."""
        path = self._new_path()
        try:
            await self.copy(name, path)
            yield path
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(lambda: path.unlink(missing_ok=True))

    @asynccontextmanager
    async def open(self, name: str) -> AsyncGenerator[BlobReader]:
        """Open a blob, to fetch parts of it."""
        yield _ObjectReader(self._read, await self._require(name))

    async def find(self, name: str) -> Blob | None:
        """Return a blob, if it still exists."""
        try:
            return await self._require(name)
        except FileNotFoundError:
            return None

    async def every(self) -> AsyncIterator[Blob]:
        """Yield the blobs."""
        with _mapped_errors(name_must_exist=False):
            async for found in obstore.list(self._store, "blobs", chunk_size=1000):
                for each in found:
                    yield Blob(each["path"], each["size"], each["last_modified"].timestamp())

    async def remove(self, name: str | None) -> None:
        """Remove a blob; while the store is unavailable, leave it as an orphan."""
        if name is None:
            return
        try:
            with _mapped_errors():
                await obstore.delete_async(self._store, name)
        except FileNotFoundError:
            return
        except StorageUnavailableError:
            log.warning("blob_left_as_orphan")

    async def _try_copy(self, same: str, name: str) -> bool:
        """Let the store copy a blob; return False if it cannot."""
        try:
            await obstore.copy_async(self._receiving, same, name)
        except (BaseError, OSError):  # it was removed, or is larger than the store copies
            return False
        return True

    async def _require(self, name: str) -> Blob:
        with _mapped_errors():
            found = await obstore.head_async(self._store, name)
        return Blob(name, found["size"], found["last_modified"].timestamp())

    async def _read(self, blob: Blob, start: int, n_bytes: int) -> bytes:
        """Return up to `n_bytes` from a position."""
        end = min(start + n_bytes, blob.size_bytes)
        if start >= end:
            return b""
        with _mapped_errors():
            return bytes(
                await obstore.get_range_async(self._store, blob.name, start=start, end=end)
            )


def _open(url: str, silent_s: float) -> S3Store:
    return S3Store.from_url(
        url,
        client_options={
            "allow_http": True,  # where the address says so
            "connect_timeout": timedelta(seconds=_ANSWER_S),
            "read_timeout": timedelta(seconds=silent_s),
            "timeout": timedelta(seconds=_SEND_S),
        },
        retry_config={"retry_timeout": timedelta(seconds=_RETRY_S)},
    )


class _ObjectReader:
    """Reads a blob from any position, and a little ahead."""

    def __init__(self, read: Callable[[Blob, int, int], Awaitable[bytes]], blob: Blob) -> None:
        self._read = read
        self._blob = blob
        self._position = 0
        self._ahead = b""

    async def seek(self, offset: int, /) -> int:
        """Move to a byte."""
        self._position, self._ahead = offset, b""
        return offset

    async def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        if not self._ahead:
            self._ahead = await self._read(self._blob, self._position, max(size, _AHEAD_BYTES))
        part, self._ahead = self._ahead[:size], self._ahead[size:]
        self._position += len(part)
        return part


@contextmanager
def _mapped_errors(*, name_must_exist: bool = True) -> Generator[None]:
    """Convert the store's errors; its messages may hold a key's id, so they are dropped."""
    try:
        yield
    except FileNotFoundError as error:
        if name_must_exist:
            raise
        raise _unavailable(type(error).__name__) from None
    except (BaseError, OSError) as error:
        raise _unavailable(type(error).__name__) from None


def _unavailable(cause: str) -> StorageUnavailableError:
    log.warning("storage_unavailable", cause=cause)
    return StorageUnavailableError(
        "The recordings cannot be reached.", retry_after_s=_RETRY_AFTER_S
    )
