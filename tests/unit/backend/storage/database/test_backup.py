"""If these fail, a copy of the database is inconsistent, or restoring it loses data."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from backend.storage.database import Database, HistoryStore, Stores
from backend.storage.database.backup import DamagedBackupError, back_up, restore
from contracts.jobs import JobStatus
from unit.backend.storage.database.recorded import OWNER, completed


async def ids(folder: Path, name: str) -> list[str]:
    database = Database.open(f"sqlite:///{folder / name}")
    page = await HistoryStore(database).page(
        OWNER, query="раз", status=JobStatus.COMPLETED, limit=999
    )
    database.close()
    return [job.id for job in page.items]


async def test_a_copy_can_be_restored(sqlite: Database, tmp_path: Path) -> None:
    stores = Stores(sqlite)
    kept = await completed(stores, "раз", with_words=True)
    before = await stores.jobs.get(kept)
    back_up(tmp_path / "test.db", tmp_path / "copy")
    await completed(stores, "раз", "два")
    await stores.jobs.delete(kept)
    sqlite.close()
    restore(tmp_path / "copy", tmp_path / "test.db")
    assert await ids(tmp_path, "test.db") == [kept]
    restored = Database.open(f"sqlite:///{tmp_path / 'test.db'}")
    assert await Stores(restored).jobs.get(kept) == before
    restored.close()


async def test_a_copy_can_be_restored_into_an_empty_folder(
    sqlite: Database, tmp_path: Path
) -> None:
    kept = await completed(Stores(sqlite), "раз")
    back_up(tmp_path / "test.db", tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "new" / "other.db")
    assert await ids(tmp_path / "new", "other.db") == [kept]


async def test_a_copy_made_during_writes_is_consistent(sqlite: Database, tmp_path: Path) -> None:
    stores = Stores(sqlite)
    written: list[str] = []
    stop = threading.Event()

    async def write() -> None:
        while not stop.is_set():
            written.append(await completed(stores, "раз", "раз", with_words=True))

    writer = threading.Thread(target=lambda: asyncio.run(write()))
    writer.start()
    try:
        for number in range(5):
            back_up(tmp_path / "test.db", tmp_path / f"copy{number}")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        copied = await ids(tmp_path, f"copy{number}")
        assert copied[::-1] == written[: len(copied)]
        with closing(sqlite3.connect(tmp_path / f"copy{number}")) as copy:
            assert copy.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_a_damaged_copy_is_refused_and_the_database_is_unchanged(
    sqlite: Database, tmp_path: Path
) -> None:
    kept = await completed(Stores(sqlite), "раз")
    copy = tmp_path / "copy"
    back_up(tmp_path / "test.db", copy)
    whole = copy.read_bytes()
    for damaged in (b"no database at all" * 100, whole[: len(whole) // 2]):
        copy.write_bytes(damaged)
        with pytest.raises(DamagedBackupError):
            restore(copy, tmp_path / "test.db")
    assert [job.id for job in (await HistoryStore(sqlite).page(OWNER)).items] == [kept]


def test_a_missing_database_leaves_the_older_copy(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.write_bytes(b"older")
    with pytest.raises(FileNotFoundError):
        back_up(tmp_path / "none.db", copy)
    with pytest.raises(FileNotFoundError):
        restore(tmp_path / "none", tmp_path / "none.db")
    assert copy.read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]
