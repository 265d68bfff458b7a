"""Stores recordings as they were uploaded, for as long as their jobs."""

from backend.storage.blobs.copying import copy_missing
from backend.storage.blobs.folder import FolderBlobs
from backend.storage.blobs.orphans import remove_orphans
from backend.storage.blobs.store import Blob, BlobReader, BlobStore, blob_name

__all__ = [
    "Blob",
    "BlobReader",
    "BlobStore",
    "FolderBlobs",
    "blob_name",
    "copy_missing",
    "remove_orphans",
]
