"""If these fail, a backup is incomplete, or restoring one damages the data."""

import asyncio
import os
import subprocess
import threading
from pathlib import Path

import pytest

from backend import backup
from backend.backup import BackupError, restore, save
from backend.queueing.job_queue import dbos_database_url
from backend.settings import BackendSettings
from backend.storage.blobs import FolderBlobs
from backend.storage.cache import TranscriptCache
from backend.storage.database import Database, HistoryStore, Stores
from backend.storage.database.backup import DamagedBackupError
from backend.storage.disk import Disk
from backend.storage.files import new_id
from backend.storage.work_folder import FolderInUseError, WorkFolder
from contracts.jobs import SegmentCorrection
from integration.redis_server import running_redis
from unit.backend.storage.database.recorded import OWNER, completed, queued

ROOT = Path(__file__).resolve().parents[2]
SOUND = b"sound" * 1000


class BackendData:
    """The data of a backend, written without running one."""

    def __init__(self, folder: Path) -> None:
        self.settings = BackendSettings(data_dir=folder)
        self.folder = folder
        folder.mkdir(exist_ok=True)
        dbos_database_url(self.settings.database)
        self.database = Database.open(self.settings.database)
        self.stores = Stores(self.database)

    async def add(self, text: str, sound: bytes = SOUND) -> str:
        arrived = self.folder / "arrived"
        arrived.write_bytes(sound)
        blob = await FolderBlobs(self.folder).keep(arrived, new_id())
        return await completed(self.stores, text, blob=blob, with_words=True)

    async def sound_of(self, job_id: str) -> bytes:
        blob = await self.stores.jobs.blob(job_id, OWNER)
        assert blob is not None
        return (self.folder / blob).read_bytes()

    async def ids(self) -> set[str]:
        return {job.id for job in (await HistoryStore(self.database).page(OWNER, limit=999)).items}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # so that a developer's .env is not read
    return tmp_path / "data"


async def test_a_restored_backup_equals_the_data(data: Path, tmp_path: Path):
    """Texts, corrections, queued jobs and recordings; in place and in an empty folder."""
    source = BackendData(data)
    kept, waiting = await source.add("раз два"), await queued(source.stores)
    await source.stores.transcripts.edit_segment(kept, OWNER, 0, SegmentCorrection(text="раз три"))
    before = await source.stores.jobs.get(kept, OWNER)
    await asyncio.to_thread(save, source.settings, tmp_path / "copy")
    lost = (await source.stores.jobs.delete(kept, OWNER)).blob
    assert lost is not None
    (data / lost).unlink()
    await source.add("позже")
    source.database.close()
    for folder in (data, tmp_path / "new"):
        await asyncio.to_thread(restore, BackendSettings(data_dir=folder), tmp_path / "copy")
        restored = BackendData(folder)
        assert await restored.ids() == {kept, waiting}
        assert await restored.stores.jobs.get(kept, OWNER) == before
        assert await restored.stores.waiting.unfinished() == [waiting]
        assert await restored.sound_of(kept) == SOUND
        restored.database.close()


async def test_a_backup_made_while_jobs_arrive_has_the_recording_of_each(
    data: Path, tmp_path: Path
):
    source = BackendData(data)
    added: list[str] = []
    stop = threading.Event()

    async def work() -> None:
        while not stop.is_set():
            added.append(await source.add("раз", sound=f"sound {len(added)}".encode()))

    worker = threading.Thread(target=lambda: asyncio.run(work()))
    worker.start()
    try:
        for number in range(3):
            await asyncio.to_thread(save, source.settings, tmp_path / f"copy{number}")
    finally:
        stop.set()
        worker.join()
        source.database.close()
    for number in range(3):
        folder = tmp_path / f"data{number}"
        await asyncio.to_thread(
            restore, BackendSettings(data_dir=folder), tmp_path / f"copy{number}"
        )
        restored = BackendData(folder)
        ids = await restored.ids()
        assert ids == set(added[: len(ids)])
        for index, job_id in enumerate(added[: len(ids)]):
            assert await restored.sound_of(job_id) == f"sound {index}".encode()
        restored.database.close()


async def test_restoring_is_refused_while_a_backend_runs(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Otherwise the backend would continue with another database than it started with."""
    source = BackendData(data)
    await source.add("раз")
    await asyncio.to_thread(save, source.settings, tmp_path / "copy")
    later = await source.add("два")
    monkeypatch.setenv("DATA_DIR", str(data))
    with WorkFolder(data / "work", Disk(data, 0), 1).owned():
        with pytest.raises(FolderInUseError):
            await asyncio.to_thread(restore, source.settings, tmp_path / "copy")
        with pytest.raises(SystemExit, match="The backend is running"):
            await asyncio.to_thread(backup.main, ["restore", str(tmp_path / "copy")])
    assert later in await source.ids()
    source.database.close()


async def test_a_damaged_backup_changes_nothing(data: Path, tmp_path: Path):
    """Otherwise one half would be restored before the other is found missing."""
    source = BackendData(data)
    await source.add("раз")
    await asyncio.to_thread(save, source.settings, tmp_path / "copy")
    later = await source.add("два")
    copied = tmp_path / "copy" / "speech_transcription.db"
    copied.write_bytes(copied.read_bytes()[: copied.stat().st_size // 2])
    for database in ("damaged", "missing"):
        if database == "missing":
            copied.unlink()
        with pytest.raises((DamagedBackupError, FileNotFoundError)):
            await asyncio.to_thread(restore, source.settings, tmp_path / "copy")
    with pytest.raises(FileNotFoundError, match=r"the folder .*/mistyped does not exist"):
        await asyncio.to_thread(restore, source.settings, tmp_path / "mistyped")
    assert later in await source.ids()
    source.database.close()


async def test_a_backup_is_never_overwritten_and_an_incomplete_one_never_left(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    source = BackendData(data)
    await source.add("раз")
    source.database.close()
    await asyncio.to_thread(save, source.settings, tmp_path / "copy")
    whole = sorted(path for path in (tmp_path / "copy").rglob("*"))
    with pytest.raises(BackupError, match="exists already"):
        await asyncio.to_thread(save, source.settings, tmp_path / "copy")
    monkeypatch.setattr(FolderBlobs, "put", _fail)
    with pytest.raises(OSError, match="no room"):
        await asyncio.to_thread(save, source.settings, tmp_path / "other")
    assert sorted(path for path in (tmp_path / "copy").rglob("*")) == whole
    assert not list(tmp_path.glob("other*"))


async def _fail(*_: object) -> None:
    raise OSError("no room")


async def test_postgresql_is_refused_with_a_hint_at_its_own_tools(data: Path, tmp_path: Path):
    """Otherwise a copy without the database would look like a backup."""
    settings = BackendSettings(data_dir=data, database_url="postgresql://nowhere/none")
    for act in (save, restore):
        with pytest.raises(BackupError, match="pg_dump"):
            await asyncio.to_thread(act, settings, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


async def _cached(url: str) -> bytes | None:
    cache = TranscriptCache(url)
    found = await cache.get(OWNER, "job", 1)
    await cache.put(OWNER, "job", 1, b"of a later edit")
    await cache.aclose()
    return found


async def test_restoring_clears_redis(data: Path, tmp_path: Path):
    """Otherwise the cached text of an undone edit could be shown for a later edit."""
    source = BackendData(data)
    source.database.close()
    await asyncio.to_thread(save, source.settings, tmp_path / "copy")
    with running_redis() as redis:
        await _cached(redis.url)
        assert await _cached(redis.url) is not None
        await asyncio.to_thread(
            restore, BackendSettings(data_dir=data, redis_url=redis.url), tmp_path / "copy"
        )
        assert await _cached(redis.url) is None


@pytest.mark.slow
async def test_make_backup_and_make_restore_work(data: Path, tmp_path: Path):
    """Otherwise a target names a module that is gone, or says nothing of a missing folder."""
    no_docker = tmp_path / "bin" / "docker"
    no_docker.parent.mkdir()
    no_docker.write_text("#!/bin/sh\nexit 1\n")
    no_docker.chmod(0o755)
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    environment = inherited | {
        "PATH": f"{no_docker.parent}:{os.environ['PATH']}",
        "DATA_DIR": str(data),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "--no-print-directory", *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def make(*words: str) -> str:
        done = run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    source = BackendData(data)
    kept = await source.add("раз")
    assert make("backup").startswith(f"Backed up to {data}/backups/")
    (copy,) = (data / "backups").iterdir()
    await source.add("два")
    source.database.close()
    assert make("restore", f"BACKUP={copy}") == f"Restored from {copy}\n"
    restored = BackendData(data)
    assert await restored.ids() == {kept}
    restored.database.close()
    missing = tmp_path / "missing"
    refused = run("restore", f"BACKUP={missing}")
    assert refused.returncode != 0
    assert f"Failed: the folder {missing} does not exist" in refused.stderr
    assert "Traceback" not in refused.stderr
