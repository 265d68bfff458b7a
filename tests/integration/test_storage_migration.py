"""If these fail, moving an installation to another store loses or damages recordings."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import migrate_storage
from backend.migrate_storage import MigrationError, migrate
from backend.settings import BackendSettings
from backend.storage.blobs import BlobStore, FolderBlobs, open_blobs
from backend.storage.blobs.objects import ObjectBlobs
from backend.storage.database import Database, HistoryStore, Stores
from backend.storage.disk import Disk
from backend.storage.files import new_id
from integration.s3_server import S3Server, running_s3
from unit.backend.storage.database.recorded import OWNER, new_job

pytestmark = pytest.mark.whole_app

SOUNDS = [b"one", b"two", b"three"]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return s3.new_bucket()


@pytest.fixture
def settings(tmp_path: Path) -> BackendSettings:
    data = tmp_path / "data"
    data.mkdir()
    return BackendSettings(_env_file=None, data_dir=data, database_url="")


def store(settings: BackendSettings, url: str) -> BlobStore:
    fetched = settings.data_dir / "checked"
    return open_blobs(url, settings.data_dir, lambda: fetched, Disk(settings.data_dir, 0))


async def add(settings: BackendSettings, sounds: list[bytes]) -> list[str]:
    """Add jobs with these recordings to the folder; return the names of their blobs."""
    blobs, database = FolderBlobs(settings.data_dir), Database.open(settings.database)
    names: list[str] = []
    for sound in sounds:
        arrived = settings.data_dir / "arrived"
        arrived.write_bytes(sound)
        job = new_job()
        job.file.sha256 = migrate_storage.sha256_of(arrived)
        names.append(await blobs.keep(arrived, new_id()))
        await Stores(database).jobs.add(job, OWNER, names[-1])
    database.close()
    return names


async def contents(blobs: BlobStore, names: list[str]) -> list[bytes]:
    found: list[bytes] = []
    for name in names:
        async with blobs.open(name) as reader:
            found.append(await reader.read(100))
    return found


async def test_an_interrupted_migration_goes_on_where_it_stopped(
    settings: BackendSettings, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = await add(settings, SOUNDS)
    sent: list[str] = []
    put = ObjectBlobs.put

    async def put_two(self: ObjectBlobs, file: Path, name: str) -> None:
        if len(sent) == 2:
            raise InterruptedError
        sent.append(name)
        await put(self, file, name)

    with monkeypatch.context() as interrupted:
        interrupted.setattr(ObjectBlobs, "put", put_two)
        with pytest.raises(InterruptedError):
            await migrate(settings, "file:", bucket)
    assert await migrate(settings, "file:", bucket) == 1
    assert await migrate(settings, "file:", bucket) == 0
    assert await contents(store(settings, bucket), names) == SOUNDS
    assert await contents(store(settings, "file:"), names) == SOUNDS, "the source stays"


async def test_a_recording_that_came_meanwhile_is_copied_by_the_next_run(
    settings: BackendSettings, bucket: str
) -> None:
    await add(settings, SOUNDS[:2])
    assert await migrate(settings, "file:", bucket) == 2
    (later,) = await add(settings, SOUNDS[2:])
    assert await migrate(settings, "file:", bucket) == 1
    assert await contents(store(settings, bucket), [later]) == SOUNDS[2:]


async def test_a_copy_with_another_content_is_replaced(
    settings: BackendSettings, bucket: str, tmp_path: Path
) -> None:
    (name,) = await add(settings, SOUNDS[:1])
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"eno")
    await store(settings, bucket).put(wrong, name)
    assert await migrate(settings, "file:", bucket) == 1
    assert await contents(store(settings, bucket), [name]) == SOUNDS[:1]


async def test_damaged_and_missing_recordings_are_named_and_all_others_copied(
    settings: BackendSettings, bucket: str
) -> None:
    """Else one recording that was deleted during a backup would keep all later ones from it."""
    damaged, missing, intact = await add(settings, SOUNDS)
    (settings.data_dir / damaged).write_bytes(b"eno")
    (settings.data_dir / missing).unlink()
    for _ in range(2):
        with pytest.raises(MigrationError, match=rf"{damaged} is damaged.*\n{missing} is not"):
            await migrate(settings, "file:", bucket)
        assert await store(settings, bucket).find(damaged) is None
        assert await contents(store(settings, bucket), [intact]) == SOUNDS[2:]


async def test_a_job_that_is_deleted_meanwhile_is_no_failure(
    settings: BackendSettings, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, deleted = await add(settings, SOUNDS[:2])
    put = ObjectBlobs.put

    async def put_and_delete(self: ObjectBlobs, file: Path, name: str) -> None:
        database = Database.open(settings.database)
        for job in (await HistoryStore(database).page(OWNER)).items:
            blob = await Stores(database).jobs.blob(job.id)
            if blob == deleted:
                await Stores(database).jobs.delete(job.id)
        database.close()
        (settings.data_dir / deleted).unlink()
        await put(self, file, name)

    monkeypatch.setattr(ObjectBlobs, "put", put_and_delete)
    assert await migrate(settings, "file:", bucket) == 1
    assert await contents(store(settings, bucket), [first]) == SOUNDS[:1]


async def test_recordings_come_back_from_object_storage(
    settings: BackendSettings, bucket: str, tmp_path: Path
) -> None:
    names = await add(settings, SOUNDS)
    await migrate(settings, "file:", bucket)
    assert await migrate(settings, bucket, f"file:{tmp_path / 'back'}") == len(SOUNDS)
    assert [(tmp_path / "back" / name).read_bytes() for name in names] == SOUNDS


def test_a_mistyped_url_is_refused(
    settings: BackendSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(settings.data_dir))
    monkeypatch.chdir(tmp_path)  # so that a developer's .env is not read
    with pytest.raises(SystemExit, match="Not all recordings"):
        migrate_storage.main(["file:", "s4://bucket"])
