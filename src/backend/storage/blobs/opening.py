"""Open the store of recordings that a URL names."""

from collections.abc import Callable
from pathlib import Path

from backend.storage.blobs.folder import FolderBlobs
from backend.storage.blobs.store import BlobStore
from backend.storage.disk import Disk


def open_blobs(url: str, data_dir: Path, new_path: Callable[[], Path], disk: Disk) -> BlobStore:
    """Return the store at `BLOB_STORE_URL`.

    Args:
        data_dir: folder of the store when the URL is `file:` alone.
        new_path: returns an unused path for a file that is fetched.
        disk: the disk of these files.
    """
    if url.startswith("file:"):
        folder = url.removeprefix("file:").removeprefix("//")
        return FolderBlobs(Path(folder) if folder else data_dir)
    # loaded only where it is needed: it takes memory
    from backend.storage.blobs.objects import ObjectBlobs  # noqa: PLC0415

    return ObjectBlobs(url, new_path, disk)
