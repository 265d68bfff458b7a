"""Remove blobs that a process killed between store and database left behind."""

import time
from collections.abc import Awaitable, Callable

from backend.storage.blobs.store import BlobStore
from backend.storage.files import is_id

_GRACE_PERIOD_S = 3600
"""A blob this new is no orphan: the database may not refer to it yet."""


async def remove_orphans(blobs: BlobStore, is_held: Callable[[str], Awaitable[bool]]) -> None:
    """Remove the old blobs that nothing refers to.

    Args:
        is_held: returns whether the database refers to the blob of a name.
    """
    async for blob in blobs.every():
        is_old = blob.modified_at < time.time() - _GRACE_PERIOD_S
        is_ours = is_id(blob.name.rpartition("/")[2])
        if is_old and is_ours and not await is_held(blob.name):
            await blobs.remove(blob.name)
