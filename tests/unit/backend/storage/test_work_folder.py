"""If these fail, files of recordings are lost, left behind, or taken by another backend."""

import hashlib
from pathlib import Path

import pytest

from backend.errors import BadRequestError, DiskFullError, TooLargeError
from backend.storage.disk import Disk
from backend.storage.work_folder import FolderInUseError, WorkFolder


def left_in(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "work").iterdir()]


async def test_a_finished_file_has_the_bytes_sent(work: WorkFolder) -> None:
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
            assert left_in(tmp_path), "otherwise the test proves nothing"
            raise BadRequestError("hung up")

    with pytest.raises(BadRequestError):
        await receive_until_cut()
    assert left_in(tmp_path) == []


async def test_the_size_limit_is_exact(work: WorkFolder, tmp_path: Path) -> None:
    async def receive(n_bytes: int) -> None:
        async with work.receiving(0) as incoming:
            await incoming.write(b"x" * (n_bytes - 1))
            await incoming.write(b"x")
            (await incoming.finish("a")).path.unlink()

    await receive(1000)
    with pytest.raises(TooLargeError):
        await receive(1001)
    assert left_in(tmp_path) == []


async def test_a_file_too_large_for_the_disk_is_refused_before_it_is_received(
    tmp_path: Path,
) -> None:
    work = WorkFolder(tmp_path / "work", Disk(tmp_path, 2**60), 1000)
    with work.owned(), pytest.raises(DiskFullError):
        async with work.receiving(1):
            pytest.fail("accepted")
    assert left_in(tmp_path) == []


def test_a_start_removes_files_of_a_killed_process_but_not_decoded_recordings(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    from_an_older_version = ("half.part", "whole")
    for name in ("0-half.part", "0-whole", "job.pcm", *from_an_older_version):
        (folder / name).touch()
    with WorkFolder(folder, Disk(tmp_path, 0), 1000).owned():
        assert left_in(tmp_path) == ["job.pcm"]


def test_a_second_backend_leaves_the_files_of_the_first(work: WorkFolder, tmp_path: Path) -> None:
    (tmp_path / "work" / "0-whole").touch()
    other = WorkFolder(tmp_path / "work", Disk(tmp_path, 0), 1000)
    with pytest.raises(FolderInUseError), other.owned():
        pytest.fail("it got the folder")
    assert left_in(tmp_path) == ["0-whole"]


def test_backends_sharing_a_folder_get_their_own_numbers_and_find_dead_processes(
    tmp_path: Path,
) -> None:
    """Otherwise a job of a killed process would never continue, or continue twice."""

    def folder() -> WorkFolder:
        return WorkFolder(tmp_path / "work", Disk(tmp_path, 0), 1000, max_processes=3)

    first, second, third = folder(), folder(), folder()
    with first.owned():
        with second.owned(), third.owned():
            assert [one.process_number for one in (first, second, third)] == [0, 1, 2]
            (tmp_path / "work" / "2-whole").touch()
            assert list(first.dead_processes()) == []
            ids = {second.process_id, third.process_id}
            with pytest.raises(FolderInUseError), folder().owned():
                pytest.fail("a fourth backend got a number")
        (tmp_path / "work" / "2-whole").touch()
        assert {*first.dead_processes()} == ids
        assert list(first.dead_processes()) == [], "each is found once"
        assert left_in(tmp_path) == [], "files of dead processes are removed"
        again = folder()
        with again.owned():
            assert again.process_number == 1
            assert again.previous_process_id == "", "its jobs were taken over"


def test_the_number_of_a_dead_process_stays_reserved_while_it_is_handled(
    tmp_path: Path,
) -> None:
    def folder() -> WorkFolder:
        return WorkFolder(tmp_path / "work", Disk(tmp_path, 0), 1000, max_processes=3)

    first, dead, new = folder(), folder(), folder()
    with first.owned():
        with dead.owned():
            pass
        dead_processes = first.dead_processes()
        assert next(dead_processes) == dead.process_id
        with new.owned():
            assert new.process_number == 2
            assert list(dead_processes) == []


def test_a_restarted_backend_learns_the_id_that_it_had(tmp_path: Path) -> None:
    """Else its jobs would wait until the others are sure that it died."""
    before, after = (WorkFolder(tmp_path / "work", Disk(tmp_path, 0), 1000) for _ in range(2))
    with before.owned():
        assert before.previous_process_id == ""
    with after.owned():
        assert after.previous_process_id == before.process_id != after.process_id


async def test_a_decoded_recording_appears_only_when_it_is_complete(
    work: WorkFolder, tmp_path: Path
) -> None:
    def interrupt() -> None:
        with work.writing_pcm("job") as path:
            path.write_bytes(b"half")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        interrupt()
    assert left_in(tmp_path) == []
    with work.writing_pcm("job") as path:
        path.write_bytes(b"whole")
    assert await work.jobs_with_pcm() == ["job"]
    await work.remove_pcm("job", "another")
    assert left_in(tmp_path) == []
