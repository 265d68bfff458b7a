"""Stores recordings as they were uploaded, for as long as their jobs."""

from backend.storage.blobs.copying import copy_missing
from backend.storage.blobs.folder import FolderBlobs
from backend.storage.blobs.opening import open_blobs
from backend.storage.blobs.orphans import remove_orphans
from backend.storage.blobs.store import Blob, BlobReader, BlobStore, blob_name
from backend.storage.blobs.waiting import local_file_of_job

__all__ = [
    "Blob",
    "BlobReader",
    "BlobStore",
    "FolderBlobs",
    "blob_name",
    "copy_missing",
    "local_file_of_job",
    "open_blobs",
    "remove_orphans",
]
