"""Back up all stored data, and restore it: `python -m backend.backup`.

A backup is a folder with our database, DBOS's and the recordings. They need not be of the same
moment: after a restore, `queueing/reconciliation.py` queues the jobs that DBOS does not know, and
jobs that only DBOS knows end as soon as they start.
"""

import argparse
import asyncio
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import make_url

from backend.errors import DiskFullError, StorageUnavailableError
from backend.settings import BackendSettings
from backend.storage.blobs import BlobStore, FolderBlobs, copy_missing, open_blobs
from backend.storage.cache import TranscriptCache
from backend.storage.database import backup
from backend.storage.disk import Disk
from backend.storage.work_folder import FolderInUseError, WorkFolder
from servicekit.private_files import keep_new_files_private

_DATABASE = "speech_transcription.db"
_QUEUE = "dbos.db"


class BackupError(RuntimeError):
    """The backup or the restore is not possible."""


_REASONS = (
    BackupError,
    DiskFullError,
    StorageUnavailableError,
    backup.DamagedBackupError,
    sqlite3.Error,
    OSError,
)
"""Why a backup or a restore fails."""


def save(settings: BackendSettings, folder: Path) -> None:
    """Copy the databases and the recordings, also while the backend runs.

    Args:
        folder: created by this function; an incomplete backup is removed.

    Raises:
        BackupError: the folder exists already, or the database is not SQLite.
        StorageUnavailableError: the store of the recordings cannot be reached.
        DiskFullError: the backup would leave less than `MIN_FREE_DISK_BYTES` free.
        FileNotFoundError, DamagedBackupError: see `back_up`.
    """
    databases = _databases(settings)
    if folder.exists():
        raise BackupError(f"{folder} exists already")
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        disk = Disk(unfinished, settings.min_free_disk_bytes)
        blobs = _open_blobs(settings, unfinished, disk)
        n_bytes = sum(path.stat().st_size for path in databases.values())
        n_bytes += asyncio.run(_total_bytes(blobs))
        disk.ensure_free(n_bytes)
        for name, live in databases.items():
            backup.back_up(live, unfinished / name)
        # after the database, so that each row in the copy has its recording
        asyncio.run(copy_missing(blobs, FolderBlobs(unfinished)))
        os.sync()
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def restore(settings: BackendSettings, folder: Path) -> None:
    """Replace the stored data by a backup; recordings of later jobs become orphans.

    Raises:
        FolderInUseError: a backend is running.
        BackupError: the database is not SQLite.
        StorageUnavailableError: the store of the recordings cannot be reached.
        FileNotFoundError, DamagedBackupError: the backup is incomplete; nothing was changed.
    """
    databases = _databases(settings)
    if not folder.is_dir():
        raise FileNotFoundError(f"the folder {folder} does not exist")
    for name in databases:
        backup.ensure_intact(folder / name)
    disk = Disk(settings.data_dir, settings.min_free_disk_bytes)
    work = WorkFolder(settings.data_dir / "work", disk, settings.max_upload_bytes)
    with work.owned():
        blobs = _open_blobs(settings, settings.data_dir, disk)
        asyncio.run(copy_missing(FolderBlobs(folder), blobs))
        for name, live in databases.items():
            backup.restore(folder / name, live)
        os.sync()
        asyncio.run(_clear_cache(settings.redis_url))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: `save` or `restore`."""
    parser = argparse.ArgumentParser(prog="backend.backup")
    parser.add_argument("action", choices=("save", "restore"))
    parser.add_argument("folder", type=Path, nargs="?", help="of the backup; optional for save")
    parsed = parser.parse_args(arguments)
    settings = BackendSettings()
    try:
        if parsed.action == "save":
            moment = time.strftime("%Y-%m-%d_%H-%M-%S")
            folder = parsed.folder or settings.data_dir / "backups" / moment
            save(settings, folder)
            sys.stdout.write(f"Backed up to {folder}\n")
        elif parsed.folder is None:
            parser.error("restore needs the folder of the backup")
        else:
            restore(settings, parsed.folder)
            sys.stdout.write(f"Restored from {parsed.folder}\n")
    except FolderInUseError:
        sys.exit("The backend is running. Stop it (make down or make local_stop), then restore.")
    except _REASONS as error:
        sys.exit(f"No backup was made: {error}" if parsed.action == "save" else f"Failed: {error}")


def _databases(settings: BackendSettings) -> dict[str, Path]:
    """Return the path of each database by the name of its copy, in the order of copying."""
    address = make_url(settings.database)
    if address.get_backend_name() != "sqlite" or not address.database:
        raise BackupError("the database is PostgreSQL: use pg_dump, then make migrate_storage")
    ours = Path(address.database)
    return {_QUEUE: ours.with_name(_QUEUE), _DATABASE: ours}


def _open_blobs(settings: BackendSettings, folder: Path, disk: Disk) -> BlobStore:
    """Open the store of recordings; those that it fetches go through the folder."""
    fetched = folder / "fetched"
    return open_blobs(settings.blob_store_url, settings.data_dir, lambda: fetched, disk)


async def _total_bytes(blobs: BlobStore) -> int:
    return sum([blob.size_bytes async for blob in blobs.every()])


async def _clear_cache(redis_url: str) -> None:
    """Empty Redis: revisions start again, so its entries could be taken for new ones."""
    if redis_url:
        cache = TranscriptCache(redis_url)
        await cache.clear()
        await cache.aclose()


if __name__ == "__main__":
    keep_new_files_private()
    main()
