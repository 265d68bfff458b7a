"""Recordings that arrive in one request."""

import hashlib
from pathlib import Path

import pytest

from backend.errors import BadRequestError, DiskFullError, TooLargeError
from backend.storage.disk import Disk
from backend.storage.work_folder import FolderInUseError, WorkFolder


def left_in(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "work").iterdir()]


async def test_a_finished_file_holds_what_was_sent(work: WorkFolder) -> None:
    async with work.receiving(6) as incoming:
        await incoming.write(b"abc")
        await incoming.write(b"def")
        stored = await incoming.finish("../Имя.wav")
    assert stored.path.read_bytes() == b"abcdef"
    assert (stored.name, stored.size_bytes) == ("Имя.wav", 6)
    assert stored.sha256 == hashlib.sha256(b"abcdef").hexdigest()
    assert "Имя" not in stored.path.name


async def test_any_failure_leaves_no_file(work: WorkFolder, tmp_path: Path) -> None:
    async def receive_until_cut() -> None:
        async with work.receiving(0) as incoming:
            await incoming.write(b"abc")
            assert left_in(tmp_path), "nothing was on disk: the test shows nothing"
            raise BadRequestError("hung up")

    with pytest.raises(BadRequestError):
        await receive_until_cut()
    assert left_in(tmp_path) == []


async def test_the_limit_is_exact(work: WorkFolder, tmp_path: Path) -> None:
    async def receive(n_bytes: int) -> None:
        async with work.receiving(0) as incoming:
            await incoming.write(b"x" * (n_bytes - 1))
            await incoming.write(b"x")
            (await incoming.finish("a")).path.unlink()

    await receive(1000)
    with pytest.raises(TooLargeError):
        await receive(1001)
    assert left_in(tmp_path) == []


async def test_a_file_without_room_is_refused_before_it_comes(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path / "work", Disk(tmp_path, 2**60), 1000)
    with work.owned(), pytest.raises(DiskFullError):
        async with work.receiving(1):
            pytest.fail("it was let in")
    assert left_in(tmp_path) == []


def test_a_start_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("half.part", "whole", "whole.pcm"):
        (folder / name).touch()
    with WorkFolder(folder, Disk(tmp_path, 0), 1000).owned():
        assert left_in(tmp_path) == []


def test_a_second_backend_does_not_take_the_first_ones_files(
    work: WorkFolder, tmp_path: Path
) -> None:
    (tmp_path / "work" / "whole").touch()
    other = WorkFolder(tmp_path / "work", Disk(tmp_path, 0), 1000)
    with pytest.raises(FolderInUseError), other.owned():
        pytest.fail("it owns the folder")
    assert left_in(tmp_path) == ["whole"]
