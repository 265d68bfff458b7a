"""Copies all that the backend keeps, and puts a copy back: `python -m backend.backup`.

A copy is a folder: our database, DBOS's, and the recordings. They are not of the very same
moment, and need not be: what the queue does not know is queued again, and what it knows too
much is dropped (`jobs/housekeeping.py`).
"""

import argparse
import asyncio
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

from backend.errors import DiskFullError
from backend.settings import BackendSettings
from backend.storage.cache import TranscriptCache
from backend.storage.database import backup
from backend.storage.disk import Disk
from backend.storage.work_folder import FolderInUseError, WorkFolder
from servicekit.private_files import keep_new_files_private

_DATABASE = "speech_transcription.db"
_QUEUE = "dbos.db"
_BLOBS = "blobs"


class BackupError(RuntimeError):
    """It cannot be done as things are."""


def save(settings: BackendSettings, folder: Path) -> None:
    """Copy the databases and the recordings, whoever uses them meanwhile.

    Args:
        folder: is made; it is there whole or not at all.

    Raises:
        BackupError: something is there already, or the database is not SQLite.
        DiskFullError: the copy would take what is to stay free.
        FileNotFoundError, DamagedBackupError: as of `back_up`.
    """
    databases, blobs = _databases(settings), settings.data_dir / _BLOBS
    if folder.exists():
        raise BackupError(f"{folder} is there already")
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(parents=True)
        n_bytes = sum(_size(path) for path in [*databases.values(), *blobs.glob("*/*")])
        Disk(unfinished, settings.min_free_disk_bytes).ensure_free(n_bytes)
        for name, live in databases.items():
            backup.back_up(live, unfinished / name)
        # after the database: a recording is there before its row is
        _copy_blobs(blobs, unfinished / _BLOBS)
        os.sync()
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def restore(settings: BackendSettings, folder: Path) -> None:
    """Put a copy in the place of what is there; recordings of later jobs are orphans then.

    Raises:
        FolderInUseError: a backend runs.
        BackupError: the database is not SQLite.
        FileNotFoundError, DamagedBackupError: the copy is not whole; nothing has changed.
    """
    databases = _databases(settings)
    for name in databases:
        backup.ensure_whole(folder / name)
    disk = Disk(settings.data_dir, settings.min_free_disk_bytes)
    work = WorkFolder(settings.data_dir / "work", disk, settings.max_upload_bytes)
    with work.owned():
        _copy_blobs(folder / _BLOBS, settings.data_dir / _BLOBS)
        for name, live in databases.items():
            backup.restore(folder / name, live)
        os.sync()
        asyncio.run(_clear_cache(settings.redis_url))


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says, and tell in a sentence what was done or why not."""
    parser = argparse.ArgumentParser(prog="backend.backup")
    parser.add_argument("action", choices=("save", "restore"))
    parser.add_argument("folder", type=Path, nargs="?", help="of the copy; save has a default")
    asked = parser.parse_args(arguments)
    settings = BackendSettings()
    try:
        if asked.action == "save":
            moment = time.strftime("%Y-%m-%d_%H-%M-%S")
            folder = asked.folder or settings.data_dir / "backups" / moment
            save(settings, folder)
            sys.stdout.write(f"Backed up to {folder}\n")
        elif asked.folder is None:
            parser.error("restore needs the folder of the copy")
        else:
            restore(settings, asked.folder)
            sys.stdout.write(f"Restored from {asked.folder}\n")
    except FolderInUseError:
        sys.exit("The backend runs. Stop it (make down or make local_stop), then restore.")
    except (BackupError, DiskFullError, backup.DamagedBackupError, sqlite3.Error, OSError) as error:
        sys.exit(f"Nothing was done: {error}" if asked.action == "save" else f"Failed: {error}")


def _databases(settings: BackendSettings) -> dict[str, Path]:
    """Return where each database lies, by the name of its copy; in the order of copying."""
    address = make_url(settings.database)
    if address.get_backend_name() != "sqlite" or not address.database:
        raise BackupError("the database is PostgreSQL's: use pg_dump, and copy DATA_DIR/blobs")
    ours = Path(address.database)
    return {_QUEUE: ours.with_name(_QUEUE), _DATABASE: ours}


def _copy_blobs(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_copy_blob, dirs_exist_ok=True)


def _copy_blob(source: str, target: str) -> None:
    """Copy a recording unless it is there; one that is deleted meanwhile is left out."""
    unfinished = Path(f"{target}.part")
    with suppress(FileNotFoundError):
        if _size(Path(target)) == Path(source).stat().st_size:
            return
        try:
            shutil.copy2(source, unfinished)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


async def _clear_cache(redis_url: str) -> None:
    """Empty Redis: revisions are going to be counted anew, and later jobs are gone."""
    if redis_url:
        cache = TranscriptCache(redis_url)
        await cache.clear()
        await cache.aclose()


if __name__ == "__main__":
    keep_new_files_private()
    main()
