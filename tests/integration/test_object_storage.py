"""If these fail, recordings in object storage are lost, damaged, or never deleted."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.errors import DiskFullError, StorageUnavailableError
from backend.storage.blobs import FolderBlobs, copy_missing, open_blobs, orphans, remove_orphans
from backend.storage.blobs.objects import ObjectBlobs
from backend.storage.disk import Disk
from backend.storage.files import new_id
from integration.s3_server import S3Server, running_s3
from testbed.services import free_port

pytestmark = pytest.mark.whole_app

LARGE_BYTES = 20 * 2**20 + 7
"""Two whole parts and an incomplete one."""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


@pytest.fixture
def new_path(tmp_path: Path) -> Callable[[], Path]:
    return lambda: tmp_path / new_id()


@pytest.fixture
def blobs(
    s3: S3Server, tmp_path: Path, new_path: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> ObjectBlobs:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    store = open_blobs(s3.new_bucket(), tmp_path, new_path, Disk(tmp_path, 0))
    assert isinstance(store, ObjectBlobs)
    return store


def received(tmp_path: Path, content: bytes = b"sound") -> Path:
    path = tmp_path / "received"
    path.write_bytes(content)
    return path


async def content_of(blobs: ObjectBlobs, name: str) -> bytes:
    async with blobs.local_file(name) as file:
        return file.read_bytes()


@pytest.mark.parametrize("n_bytes", [0, 5, LARGE_BYTES])
async def test_a_recording_is_kept_whole_and_its_file_removed(
    blobs: ObjectBlobs, tmp_path: Path, n_bytes: int
) -> None:
    content = os.urandom(n_bytes)
    name = await blobs.keep(received(tmp_path, content), new_id())
    found = await blobs.find(name)
    assert found is not None
    assert found.size_bytes == n_bytes
    assert (
        hashlib.sha256(await content_of(blobs, name)).digest() == hashlib.sha256(content).digest()
    )
    assert list(tmp_path.iterdir()) == [], "neither what was received nor what was fetched stays"


async def test_a_part_is_read_from_any_position(blobs: ObjectBlobs, tmp_path: Path) -> None:
    """Else a player could not jump within a recording, or would fetch all of it."""
    content = os.urandom(3 * 2**20)
    name = await blobs.keep(received(tmp_path, content), new_id())
    async with blobs.open(name) as reader:
        for start in (2**20 - 10, len(content) - 20, 0):
            await reader.seek(start)
            first, second = await reader.read(16), await reader.read(16)
            assert first + second == content[start : start + 32]


async def test_equal_recordings_are_deleted_one_by_one(blobs: ObjectBlobs, tmp_path: Path) -> None:
    first = await blobs.keep(received(tmp_path), new_id())
    second = await blobs.keep(received(tmp_path, b"not sent"), new_id(), same=first)
    await blobs.remove(first)
    await blobs.remove(first)
    assert await blobs.find(first) is None
    assert await content_of(blobs, second) == b"sound", "the store copies what it has"
    third = await blobs.keep(received(tmp_path), new_id(), same=first)
    assert await content_of(blobs, third) == b"sound", "the first blob no longer exists"


async def test_a_removed_recording_is_reported_as_such(blobs: ObjectBlobs, tmp_path: Path) -> None:
    """Else a deleted recording would look like a failure of the store, which jobs wait for."""
    name = await blobs.keep(received(tmp_path), new_id())
    await blobs.remove(name)
    with pytest.raises(FileNotFoundError):
        async with blobs.open(name):
            pytest.fail("it was opened")
    with pytest.raises(FileNotFoundError):
        await blobs.copy(name, tmp_path / "copy")


async def test_old_recordings_without_a_job_are_removed(
    blobs: ObjectBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, orphan = [await blobs.keep(received(tmp_path), new_id()) for _ in range(2)]

    async def is_held(name: str) -> bool:
        return name == known

    await remove_orphans(blobs, is_held)
    assert await blobs.find(orphan), "it may belong to a job that is just being stored"
    monkeypatch.setattr(orphans, "_GRACE_PERIOD_S", -60)
    await remove_orphans(blobs, is_held)
    assert [await blobs.find(name) is not None for name in (known, orphan)] == [True, False]


async def test_a_copy_of_the_store_can_be_put_back(blobs: ObjectBlobs, tmp_path: Path) -> None:
    """Else a backup would be of no use."""
    name = await blobs.keep(received(tmp_path), new_id())
    folder = FolderBlobs(tmp_path / "backup")
    await copy_missing(blobs, folder)
    assert (tmp_path / "backup" / name).read_bytes() == b"sound"
    await blobs.remove(name)
    await copy_missing(folder, blobs)
    assert await content_of(blobs, name) == b"sound"


async def test_a_recording_that_the_disk_cannot_take_is_not_fetched(
    blobs: ObjectBlobs, tmp_path: Path, s3: S3Server, new_path: Callable[[], Path]
) -> None:
    name = await blobs.keep(received(tmp_path), new_id())
    blobs._disk = Disk(tmp_path, 2**60)
    with pytest.raises(DiskFullError):
        await content_of(blobs, name)
    assert list(tmp_path.iterdir()) == []


async def test_a_store_that_does_not_answer_is_unavailable_and_loses_nothing(
    blobs: ObjectBlobs, tmp_path: Path, new_path: Callable[[], Path], monkeypatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("backend.storage.blobs.objects._KEEP_S", 0.1)
    monkeypatch.setattr("backend.storage.blobs.objects._RETRY_S", 0.1)
    away = ObjectBlobs("s3://bucket-1", new_path, Disk(tmp_path, 0))
    file = received(tmp_path)
    for attempt in (lambda: away.keep(file, new_id()), lambda: away.find("blobs/ab/x"), away.ping):
        with pytest.raises(StorageUnavailableError) as raised:
            await attempt()
        assert raised.value.retry_after_s
        assert raised.value.__cause__ is None, "a message of the store may hold a key's id"
    await away.remove("blobs/ab/x")
    assert file.read_bytes() == b"sound"


async def test_a_bucket_that_does_not_exist_is_no_missing_recording(
    blobs: ObjectBlobs, tmp_path: Path, new_path: Callable[[], Path], monkeypatch
) -> None:
    """Else a typing error would look as if every recording had been deleted."""
    monkeypatch.setattr("backend.storage.blobs.objects._KEEP_S", 0.1)
    mistyped = ObjectBlobs("s3://mistyped", new_path, Disk(tmp_path, 0))
    with pytest.raises(StorageUnavailableError):
        await mistyped.ping()
    with pytest.raises(StorageUnavailableError):
        await mistyped.keep(received(tmp_path), new_id())
