"""A backend's empty work and upload folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.storage.disk import Disk
from backend.storage.upload_quota import UploadQuota
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder

MAX_BYTES = 1000
TTL_S = 3600
QUOTA = UploadQuota(max_uploads=10, max_bytes=3000)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[WorkFolder]:
    folder = WorkFolder(tmp_path / "work", Disk(tmp_path, 0), MAX_BYTES)
    with folder.owned():
        yield folder


@pytest.fixture
async def uploads(tmp_path: Path, work: WorkFolder) -> UploadStore:
    store = UploadStore(tmp_path / "uploads", Disk(tmp_path, 0), work, ttl_s=TTL_S, quota=QUOTA)
    await store.prepare()
    return store
