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


def test_a_start_removes_what_a_killed_process_left_but_not_what_jobs_need(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    of_an_older_version = ("half.part", "whole")
    for name in ("0-half.part", "0-whole", "job.pcm", *of_an_older_version):
        (folder / name).touch()
    with WorkFolder(folder, Disk(tmp_path, 0), 1000).owned():
        assert left_in(tmp_path) == ["job.pcm"]


def test_a_second_backend_does_not_take_the_first_ones_files(
    work: WorkFolder, tmp_path: Path
) -> None:
    (tmp_path / "work" / "0-whole").touch()
    other = WorkFolder(tmp_path / "work", Disk(tmp_path, 0), 1000)
    with pytest.raises(FolderInUseError), other.owned():
        pytest.fail("it owns the folder")
    assert left_in(tmp_path) == ["0-whole"]


def test_backends_that_share_a_folder_find_their_own_number_and_the_dead(tmp_path: Path) -> None:
    """Else a job of a killed process would never go on, or go on twice."""

    def folder() -> WorkFolder:
        return WorkFolder(tmp_path / "work", Disk(tmp_path, 0), 1000, max_processes=3)

    first, second, third = folder(), folder(), folder()
    with first.owned():
        with second.owned(), third.owned():
            assert [one.process_number for one in (first, second, third)] == [0, 1, 2]
            (tmp_path / "work" / "2-whole").touch()
            assert list(first.dead_processes()) == []
            with pytest.raises(FolderInUseError), folder().owned():
                pytest.fail("a fourth has no place")
        (tmp_path / "work" / "2-whole").touch()
        assert list(first.dead_processes()) == [1, 2]
        assert left_in(tmp_path) == [], "what a dead one was writing is of no use"
        with second.owned():
            assert second.process_number == 1


def test_nobody_takes_the_place_of_a_dead_process_that_is_being_looked_after(
    tmp_path: Path,
) -> None:
    def folder() -> WorkFolder:
        return WorkFolder(tmp_path / "work", Disk(tmp_path, 0), 1000, max_processes=3)

    first, dead, late = folder(), folder(), folder()
    with first.owned():
        with dead.owned():
            pass
        looked_after = first.dead_processes()
        assert next(looked_after) == 1
        with late.owned():
            assert late.process_number == 2
            assert list(looked_after) == []


async def test_a_decoded_recording_takes_its_place_only_when_it_is_whole(
    work: WorkFolder, tmp_path: Path
) -> None:
    def cut_off() -> None:
        with work.writing_pcm("job") as path:
            path.write_bytes(b"half")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        cut_off()
    assert left_in(tmp_path) == []
    with work.writing_pcm("job") as path:
        path.write_bytes(b"whole")
    assert await work.jobs_with_pcm() == ["job"]
    await work.remove_pcm("job", "another")
    assert left_in(tmp_path) == []
