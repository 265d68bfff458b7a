"""Copy recordings from one store to another."""

from contextlib import suppress

from backend.storage.blobs.store import BlobStore


async def copy_missing(source: BlobStore, target: BlobStore) -> None:
    """Copy the blobs that the other store does not have; leave out those removed meanwhile.

    Raises: DiskFullError: the target's disk is full.
    """
    async for blob in source.every():
        found = await target.find(blob.name)
        if found is None or found.size_bytes != blob.size_bytes:
            with suppress(FileNotFoundError):
                async with source.local_file(blob.name) as file:
                    await target.put(file, blob.name)
