"""A backend's empty work and upload folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.storage.disk import Disk
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder

MAX_BYTES = 1000
TTL_S = 3600


@pytest.fixture
def work(tmp_path: Path) -> Iterator[WorkFolder]:
    folder = WorkFolder(tmp_path / "work", Disk(tmp_path, 0), MAX_BYTES)
    with folder.owned():
        yield folder


@pytest.fixture
async def uploads(tmp_path: Path, work: WorkFolder) -> UploadStore:
    store = UploadStore(tmp_path / "uploads", Disk(tmp_path, 0), work, TTL_S)
    await store.prepare()
    return store
