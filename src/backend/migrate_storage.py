"""Copy all recordings from one store to another: `python -m backend.migrate_storage`.

Rows know recordings by name, and a name is the same in every store, so the database does not
change. The command may be interrupted and run again, also while the backend receives recordings: it
goes on with those that are not verified yet.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from backend.errors import DiskFullError, StorageUnavailableError
from backend.settings import BackendSettings
from backend.storage.blobs import BlobStore, open_blobs
from backend.storage.database import Database, Stores
from backend.storage.digest import sha256_of
from backend.storage.disk import Disk
from servicekit.private_files import keep_new_files_private

_VERIFIED = "migrated_recordings.txt"


class MigrationError(RuntimeError):
    """Recordings cannot be copied as they were received."""


class _Journal:
    """Names of the recordings that are verified in a store, so that none is read again."""

    def __init__(self, path: Path, target: str) -> None:
        self._path = path
        self._target = target
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self._lines = {*lines}

    def __contains__(self, name: str) -> bool:
        return self._line(name) in self._lines

    def add(self, name: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{self._line(name)}\n")

    def _line(self, name: str) -> str:
        return f"{self._target} {name}"


async def migrate(settings: BackendSettings, source_url: str, target_url: str) -> int:
    """Copy every recording that a job refers to, and compare its hash with the received file's.

    Returns: how many recordings were copied or verified now.

    Raises:
        MigrationError: recordings are missing or damaged; all others are copied.
        StorageUnavailableError: a store cannot be reached.
        DiskFullError: the disk is full.
        SQLAlchemyError: the database cannot be reached.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    disk = Disk(settings.data_dir, settings.min_free_disk_bytes)
    fetched = settings.data_dir / "fetched"
    source, target = (
        open_blobs(url, settings.data_dir, lambda: fetched, disk)
        for url in (source_url, target_url)
    )
    journal = _Journal(settings.data_dir / _VERIFIED, target_url)
    database = Database.open(settings.database)
    try:
        retention = Stores(database).retention
        n_done, failures = 0, list[str]()
        for name, sha256 in await retention.recordings():
            if name in journal and await target.find(name) is not None:
                continue
            try:
                await _copy(source, target, name, sha256)
            except MigrationError as error:
                if await retention.refers_to(name):  # its job was not deleted meanwhile
                    failures.append(str(error))
                continue
            journal.add(name)
            n_done += 1
    finally:
        database.close()
    if failures:
        raise MigrationError("\n".join(failures))
    return n_done


async def _copy(source: BlobStore, target: BlobStore, name: str, sha256: str) -> None:
    if await target.find(name) is None or await _hash(target, name) != sha256:
        try:
            async with source.local_file(name) as file:
                if sha256_of(file) != sha256:
                    raise MigrationError(f"{name} is damaged in the store to copy from")
                await target.put(file, name)
        except FileNotFoundError:
            raise MigrationError(f"{name} is not in the store to copy from") from None
        if await _hash(target, name) != sha256:
            raise MigrationError(f"{name} was damaged on its way")


async def _hash(blobs: BlobStore, name: str) -> str:
    async with blobs.local_file(name) as file:
        return sha256_of(file)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: the URLs to copy from and to."""
    parser = argparse.ArgumentParser(prog="backend.migrate_storage")
    parser.add_argument("source", metavar="FROM", help="such as file: or s3://bucket/prefix")
    parser.add_argument("target", metavar="TO")
    parsed = parser.parse_args(arguments)
    settings = BackendSettings()
    urls = (parsed.source, parsed.target)
    try:
        for url in urls:
            BackendSettings(blob_store_url=url)
        n_done = asyncio.run(migrate(settings, *urls))
    except (
        MigrationError,
        StorageUnavailableError,
        DiskFullError,
        SQLAlchemyError,
        OSError,
        ValueError,
    ) as error:
        sys.exit(f"Not all recordings were copied: {error}")
    sys.stdout.write(f"{n_done} recordings copied and verified; all are in {parsed.target}\n")


if __name__ == "__main__":
    keep_new_files_private()
    main()
