"""If these fail, the disk fills up, or a full disk is not reported as such."""

import shutil
from io import FileIO
from pathlib import Path

import pytest

from backend.errors import DiskFullError
from backend.storage.disk import Disk, DiskReserve, write_all
from contracts.models import HealthStatus


def test_the_minimum_of_free_space_is_kept(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    disk = Disk(tmp_path, free // 2)
    disk.ensure_free(free // 4)
    with pytest.raises(DiskFullError):
        disk.ensure_free(free)


def test_a_nearly_full_disk_is_degraded_with_a_reason(tmp_path: Path) -> None:
    assert Disk(tmp_path, 0).check().status is HealthStatus.READY
    check = Disk(tmp_path, 2**60).check()
    assert check.status is HealthStatus.DEGRADED
    assert check.detail


def test_the_reserve_is_written_and_stays_while_the_disk_is_not_full(tmp_path: Path) -> None:
    path = tmp_path / "data" / "reserve"
    reserve = DiskReserve(path, Disk(tmp_path, 0))
    reserve.release_if_full()
    assert not path.exists()
    reserve.restore()
    reserve.release_if_full()
    assert path.stat().st_size >= 2**20


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_disk_that_fills_up_during_a_write_raises_disk_full() -> None:
    with FileIO("/dev/full", "wb") as file, pytest.raises(DiskFullError):
        write_all(file, b"data")


def test_other_os_errors_are_not_mapped_to_disk_full(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with FileIO(tmp_path / "file", "rb") as file, pytest.raises(OSError, match="open for writing"):
        write_all(file, b"data")
