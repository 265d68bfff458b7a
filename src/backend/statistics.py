"""Statistics of an owner's transcriptions and of the disk."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from anyio.to_thread import run_sync

from backend.accounts import LOCAL_ACCOUNT, Account
from backend.settings import BackendSettings
from backend.storage.database import StatisticsStore
from backend.storage.disk import Disk, size_bytes
from contracts import VERSION
from contracts.statistics import CacheKind, DatabaseKind, DiskUsage, Statistics

_COARSE_BYTES = 2**30


class StatisticsCounter:
    """Computes the statistics at each call.

    With API keys an owner sees nothing that tells how others work: the queue and the recordings are
    the owner's own, all other sizes are rounded down to whole GiB, the speed has one significant
    digit, and the data folder is not named.
    """

    def __init__(self, settings: BackendSettings, store: StatisticsStore, disk: Disk) -> None:
        self._settings = settings
        self._store = store
        self._disk = disk
        is_sqlite = settings.database.startswith("sqlite")
        self._database = DatabaseKind.SQLITE if is_sqlite else DatabaseKind.POSTGRESQL
        self._cache = CacheKind.REDIS if settings.redis_url else CacheKind.MEMORY

    async def count(self, account: Account) -> Statistics:
        """Return the statistics of an account."""
        owner, is_shared = account.owner, account is not LOCAL_ACCOUNT
        counted = await self._store.count(
            owner, datetime.now(UTC).date(), queue_of_all=not is_shared
        )
        if is_shared and counted.rtf:
            counted = replace(counted, rtf=float(f"{counted.rtf:.1g}"))
        disk = await self._disk_usage()
        return Statistics(
            **asdict(counted),
            disk=await self._hide_others(disk, owner) if is_shared else disk,
            data_dir="" if is_shared else str(self._settings.data_dir.absolute()),
            version=VERSION,
            database=self._database,
            cache=self._cache,
        )

    async def _disk_usage(self) -> DiskUsage:
        return DiskUsage(
            database_bytes=await self._store.size_bytes(),
            recordings_bytes=await self._store.recordings_bytes(owner=None),
            work_bytes=await run_sync(_all_bytes, self._folders("uploads", "work")),
            free_bytes=self._disk.free_bytes(),
        )

    async def _hide_others(self, disk: DiskUsage, owner: str) -> DiskUsage:
        return DiskUsage(
            database_bytes=_coarse(disk.database_bytes),
            recordings_bytes=await self._store.recordings_bytes(owner),
            work_bytes=_coarse(disk.work_bytes),
            free_bytes=_coarse(disk.free_bytes),
        )

    def _folders(self, *names: str) -> Iterable[Path]:
        return (self._settings.data_dir / name for name in names)


def _coarse(n_bytes: int) -> int:
    return n_bytes // _COARSE_BYTES * _COARSE_BYTES


def _all_bytes(folders: Iterable[Path]) -> int:
    return sum(size_bytes(folder) for folder in folders)
