"""Wait for recordings while their store, or the disk, has a problem."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import stamina

from backend.errors import DiskFullError, StorageUnavailableError
from backend.storage.blobs.store import BlobStore

_RETRY_S = 3600.0
_MAX_WAIT_S = 5.0


@asynccontextmanager
async def local_file_of_job(blobs: BlobStore, name: str) -> AsyncGenerator[Path]:
    """Provide a blob's content as a file; wait for up to an hour, so that no job fails.

    Raises: StorageUnavailableError, DiskFullError: the problem lasts longer than that.
    """
    async with AsyncExitStack() as stack:
        yield await _enter(stack, blobs, name)


async def _enter(stack: AsyncExitStack, blobs: BlobStore, name: str) -> Path:
    async for attempt in stamina.retry_context(
        on=(StorageUnavailableError, DiskFullError),
        attempts=None,
        timeout=_RETRY_S,
        wait_max=_MAX_WAIT_S,
    ):
        with attempt:
            return await stack.enter_async_context(blobs.local_file(name))
    raise AssertionError("the last attempt returns or raises")
