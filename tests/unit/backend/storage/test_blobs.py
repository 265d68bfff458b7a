"""If these fail, a recording is lost, or stays on disk after its jobs."""

import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from backend.storage.blobs import BlobStore
from backend.storage.files import new_id


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def uploaded_file(tmp_path: Path) -> Path:
    path = tmp_path / "uploaded"
    path.write_bytes(b"sound")
    return path


async def test_keep_moves_the_file_and_names_it_by_its_job(
    blobs: BlobStore, tmp_path: Path
) -> None:
    job_id = new_id()
    blob = await blobs.keep(uploaded_file(tmp_path), job_id)
    assert blob == tmp_path / "blobs" / job_id[:2] / job_id
    assert blob.read_bytes() == b"sound"
    assert not (tmp_path / "uploaded").exists()
    await blobs.remove(blob)
    await blobs.remove(blob)
    await blobs.remove(None)
    assert not blob.exists()


def held(*blobs: Path) -> Callable[[Path], Awaitable[bool]]:
    """Return an `is_held` of a database that refers to these blobs."""

    async def is_held(blob: Path) -> bool:
        return blob in blobs

    return is_held


async def test_only_old_blobs_that_no_job_refers_to_are_orphans(
    blobs: BlobStore, tmp_path: Path
) -> None:
    """Otherwise a recording that is being submitted, or that a job refers to, could be lost."""
    known, orphan, new = [await blobs.keep(uploaded_file(tmp_path), new_id()) for _ in range(3)]
    yesterday = time.time() - 86_400
    for blob in (known, orphan):
        os.utime(blob, (yesterday, yesterday))
    await blobs.remove_orphans(held(known))
    assert [blob.exists() for blob in (known, orphan, new)] == [True, False, True]


async def test_equal_files_are_stored_once_for_as_long_as_one_job_refers_to_them(
    blobs: BlobStore, tmp_path: Path
) -> None:
    first = await blobs.keep(uploaded_file(tmp_path), new_id())
    second = await blobs.keep(uploaded_file(tmp_path), new_id(), same=first)
    assert not (tmp_path / "uploaded").exists()
    assert first.stat().st_ino == second.stat().st_ino
    await blobs.remove(first)
    assert second.read_bytes() == b"sound"
    third = await blobs.keep(uploaded_file(tmp_path), new_id(), same=first)
    assert third.read_bytes() == b"sound", "the first blob no longer exists"


async def test_an_old_blob_with_a_new_name_is_no_orphan_yet(
    blobs: BlobStore, tmp_path: Path
) -> None:
    first = await blobs.keep(uploaded_file(tmp_path), new_id())
    os.utime(first, (0, 0))
    second = await blobs.keep(uploaded_file(tmp_path), new_id(), same=first)
    await blobs.remove_orphans(held())
    assert second.exists()
