"""If these fail, a recording is lost, or stays in the store after its jobs."""

import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from backend.storage.blobs import FolderBlobs, remove_orphans
from backend.storage.files import new_id


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path)


def uploaded_file(tmp_path: Path) -> Path:
    path = tmp_path / "uploaded"
    path.write_bytes(b"sound")
    return path


async def test_keep_moves_the_file_and_names_it_by_its_job(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    job_id = new_id()
    name = await blobs.keep(uploaded_file(tmp_path), job_id)
    file = tmp_path / "blobs" / job_id[:2] / job_id
    assert tmp_path / name == file
    assert file.read_bytes() == b"sound"
    assert not (tmp_path / "uploaded").exists()
    await blobs.remove(name)
    await blobs.remove(name)
    await blobs.remove(None)
    assert not file.exists()
    assert await blobs.find(name) is None


async def test_a_blob_is_read_from_any_position(blobs: FolderBlobs, tmp_path: Path) -> None:
    """Else a player could not jump within a recording."""
    name = await blobs.keep(uploaded_file(tmp_path), new_id())
    found = await blobs.find(name)
    assert found is not None
    assert (found.name, found.size_bytes) == (name, 5)
    async with blobs.open(name) as reader:
        await reader.seek(2)
        assert [await reader.read(2), await reader.read(9), await reader.read(9)] == [
            b"un",
            b"d",
            b"",
        ]


async def test_every_blob_is_listed_with_its_name(blobs: FolderBlobs, tmp_path: Path) -> None:
    """Else a copy of the store would be incomplete."""
    names = {await blobs.keep(uploaded_file(tmp_path), new_id()) for _ in range(3)}
    assert {blob.name async for blob in blobs.every()} == names


def held(*blobs: str) -> Callable[[str], Awaitable[bool]]:
    """Return an `is_held` of a database that refers to these blobs."""

    async def is_held(blob: str) -> bool:
        return blob in blobs

    return is_held


async def test_only_old_blobs_that_no_job_refers_to_are_orphans(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    """Otherwise a recording that is being submitted, or that a job refers to, could be lost."""
    known, orphan, new = [await blobs.keep(uploaded_file(tmp_path), new_id()) for _ in range(3)]
    yesterday = time.time() - 86_400
    for blob in (known, orphan):
        os.utime(tmp_path / blob, (yesterday, yesterday))
    await remove_orphans(blobs, held(known))
    assert [(tmp_path / blob).exists() for blob in (known, orphan, new)] == [True, False, True]


async def test_equal_files_are_stored_once_for_as_long_as_one_job_refers_to_them(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    first = await blobs.keep(uploaded_file(tmp_path), new_id())
    second = await blobs.keep(uploaded_file(tmp_path), new_id(), same=first)
    assert not (tmp_path / "uploaded").exists()
    assert (tmp_path / first).samefile(tmp_path / second)
    await blobs.remove(first)
    assert (tmp_path / second).read_bytes() == b"sound"
    third = await blobs.keep(uploaded_file(tmp_path), new_id(), same=first)
    assert (tmp_path / third).read_bytes() == b"sound", "the first blob no longer exists"


async def test_an_old_blob_with_a_new_name_is_no_orphan_yet(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    first = await blobs.keep(uploaded_file(tmp_path), new_id())
    os.utime(tmp_path / first, (0, 0))
    second = await blobs.keep(uploaded_file(tmp_path), new_id(), same=first)
    await remove_orphans(blobs, held())
    assert (tmp_path / second).exists()
