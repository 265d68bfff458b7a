"""Recordings that are kept."""

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


def arrived(tmp_path: Path) -> Path:
    path = tmp_path / "arrived"
    path.write_bytes(b"sound")
    return path


async def test_a_recording_is_moved_and_named_by_its_job(blobs: BlobStore, tmp_path: Path) -> None:
    job_id = new_id()
    blob = await blobs.keep(arrived(tmp_path), job_id)
    assert blob == tmp_path / "blobs" / job_id[:2] / job_id
    assert blob.read_bytes() == b"sound"
    assert not (tmp_path / "arrived").exists()
    await blobs.remove(blob)
    await blobs.remove(blob)
    await blobs.remove(None)
    assert not blob.exists()


def held(*blobs: Path) -> Callable[[Path], Awaitable[bool]]:
    """Return a database's answer: it refers to these blobs."""

    async def is_held(blob: Path) -> bool:
        return blob in blobs

    return is_held


async def test_only_old_recordings_that_no_job_has_are_orphans(
    blobs: BlobStore, tmp_path: Path
) -> None:
    """Else a recording that is being submitted, or one that a page plays, could be lost."""
    known, orphan, new = [await blobs.keep(arrived(tmp_path), new_id()) for _ in range(3)]
    yesterday = time.time() - 86_400
    for blob in (known, orphan):
        os.utime(blob, (yesterday, yesterday))
    await blobs.remove_orphans(held(known))
    assert [blob.exists() for blob in (known, orphan, new)] == [True, False, True]


async def test_a_file_that_is_there_already_is_kept_once_and_as_long_as_one_job_has_it(
    blobs: BlobStore, tmp_path: Path
) -> None:
    first = await blobs.keep(arrived(tmp_path), new_id())
    second = await blobs.keep(arrived(tmp_path), new_id(), same=first)
    assert not (tmp_path / "arrived").exists()
    assert first.stat().st_ino == second.stat().st_ino
    await blobs.remove(first)
    assert second.read_bytes() == b"sound"
    third = await blobs.keep(arrived(tmp_path), new_id(), same=first)
    assert third.read_bytes() == b"sound", "what was the same has gone meanwhile"


async def test_an_old_file_under_a_new_name_is_no_orphan_yet(
    blobs: BlobStore, tmp_path: Path
) -> None:
    first = await blobs.keep(arrived(tmp_path), new_id())
    os.utime(first, (0, 0))
    second = await blobs.keep(arrived(tmp_path), new_id(), same=first)
    await blobs.remove_orphans(held())
    assert second.exists()
