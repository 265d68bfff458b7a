"""The components of the backend around the classes under test, in a folder of each test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from backend.metrics import JobMetrics
from backend.storage.cache import TranscriptCache
from backend.storage.database import Database, Stores
from backend.storage.disk import Disk
from backend.storage.work_folder import WorkFolder
from unit.backend.stand_ins import Components, StandInPreparation


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables: a copy opens faster than a new one."""
    folder = tmp_path_factory.mktemp("migrated")
    Database.open(f"sqlite:///{folder / 'test.db'}").close()
    return folder / "test.db"


@pytest.fixture
async def components(tmp_path: Path, migrated_database: Path) -> AsyncIterator[Components]:
    shutil.copy(migrated_database, tmp_path / "test.db")
    database = Database.open(f"sqlite:///{tmp_path / 'test.db'}")
    cache = TranscriptCache("")
    work = WorkFolder(tmp_path / "work", Disk(tmp_path, 0), max_bytes=10**6, max_processes=2)
    with work.owned():
        yield Components(
            folder=tmp_path,
            stores=Stores(database),
            work=work,
            cache=cache,
            metrics=JobMetrics(CollectorRegistry()),
            preparation=StandInPreparation(work),
        )
    await cache.aclose()
    database.close()
