"""If these fail, one file takes the backend down, or all of its memory, processor or disk."""

import asyncio
import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from backend.errors import UnsupportedMediaError
from backend.isolated_process import (
    IsolatedProcesses,
    ProcessDiedError,
    ProcessLimitError,
)
from backend.process_sandbox import Limits
from unit.backend import hostile_functions
from unit.backend.hostile_functions import Done

LIMITS = Limits(cpu_s=30, memory_bytes=512 * 2**20, file_bytes=2**20, silent_s=60.0)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def processes() -> IsolatedProcesses:
    return IsolatedProcesses([hostile_functions.__name__])


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_each_call_has_a_new_process_that_ends_with_it(processes: IsolatedProcesses) -> None:
    """Otherwise one owner's file could change how the next one's is decoded."""
    first = await processes.run(hostile_functions.work, Done, LIMITS)
    second = await processes.run(hostile_functions.work, Done, LIMITS)
    assert len({first.pid, second.pid, os.getpid()}) == 3
    assert not exists(first.pid)


async def test_a_result_does_not_wait_for_the_end_of_its_process(
    processes: IsolatedProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise each upload waits some milliseconds more; the process ends all the same."""
    await processes.start()  # after the ends of earlier processes
    join, has_result = ForkServerProcess.join, threading.Event()

    def join_after_the_result(process: ForkServerProcess, timeout: float | None = None) -> None:
        assert has_result.wait(10)
        join(process, timeout)

    monkeypatch.setattr(ForkServerProcess, "join", join_after_the_result)
    async with asyncio.timeout(5):
        done = await processes.run(hostile_functions.work, Done, LIMITS)
    has_result.set()
    await processes.start()  # after the end, in the same thread
    assert not exists(done.pid)


async def test_a_process_that_may_write_has_ended_when_its_result_is_used(
    processes: IsolatedProcesses, tmp_path: Path
) -> None:
    """Otherwise a hostile file could cut what it has written off while the backend reads it."""
    target = tmp_path / "target"
    target.touch()
    done = await processes.run(hostile_functions.work, Done, replace(LIMITS, writable=(target,)))
    assert not exists(done.pid)


async def test_a_crash_ends_that_call_only(processes: IsolatedProcesses) -> None:
    other = asyncio.create_task(processes.run(hostile_functions.work, Done, LIMITS))
    with pytest.raises(ProcessDiedError, match="-11"):
        await processes.run(hostile_functions.crash, Done, LIMITS)
    assert (await other).pid


async def test_a_process_killed_before_it_has_read_its_work_has_died(
    processes: IsolatedProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise its job fails with an internal error instead of being tried again."""
    connect = forkserver.connect_to_new_process
    before = children_of_fork_server()

    def connect_and_kill(fds: list[int]) -> tuple[int, int]:
        pipes = connect(fds)
        while not (new := children_of_fork_server() - before):
            time.sleep(0.001)
        for pid in new:
            os.kill(pid, signal.SIGKILL)
        while children_of_fork_server() & new:
            time.sleep(0.001)
        return pipes

    with monkeypatch.context() as patch:
        patch.setattr(forkserver, "connect_to_new_process", connect_and_kill)
        with pytest.raises(ProcessDiedError, match="started"):
            await processes.run(hostile_functions.work, Done, LIMITS)
    assert (await processes.run(hostile_functions.work, Done, LIMITS)).pid


async def test_memory_is_limited_by_the_kernel(processes: IsolatedProcesses) -> None:
    with pytest.raises(ProcessLimitError) as failure:
        await processes.run(hostile_functions.take_memory, Done, LIMITS)
    assert failure.value.limit == "memory"


async def test_processor_time_is_limited_by_the_kernel(processes: IsolatedProcesses) -> None:
    with pytest.raises(ProcessLimitError) as failure:
        await processes.run(hostile_functions.spin, Done, replace(LIMITS, cpu_s=1))
    assert failure.value.limit == "time"


async def test_a_silent_process_is_ended(processes: IsolatedProcesses) -> None:
    """A file could make the decoder wait for ever."""
    with pytest.raises(ProcessLimitError) as failure:
        await processes.run(hostile_functions.fall_silent, Done, replace(LIMITS, silent_s=0.2))
    assert failure.value.limit == "time"


async def test_the_size_and_the_number_of_files_are_limited_by_the_kernel(
    processes: IsolatedProcesses, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.touch()
    limits = replace(LIMITS, writable=(target,))
    for function, code in [
        (partial(hostile_functions.write, target, 2**20 + 1), errno.EFBIG),
        (partial(hostile_functions.open_many_times, target), errno.EMFILE),
    ]:
        with pytest.raises(OSError, match=os.strerror(code)) as failure:
            await processes.run(function, Done, limits)
        assert failure.value.errno == code


def landlock_version() -> int:
    return ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)


@pytest.mark.skipif(landlock_version() < 1, reason="the kernel has no Landlock")
async def test_no_file_but_its_own_can_be_opened(
    processes: IsolatedProcesses, tmp_path: Path
) -> None:
    """A decoder that a file has taken over would read the keys and the recordings of others."""
    own, other, target = (tmp_path / name for name in ("own", "other", "target"))
    for path in (own, other, target):
        path.write_bytes(b"12")
    limits = replace(LIMITS, readable=(own,), writable=(target,))
    assert (await processes.run(partial(hostile_functions.read, own), Done, limits)).pid == 2
    await processes.run(partial(hostile_functions.write, target, 5), Done, limits)
    assert target.read_bytes() == bytes(5)
    for function in (
        partial(hostile_functions.read, other),
        partial(hostile_functions.read, Path("/etc/passwd")),
        partial(hostile_functions.read, Path("/proc/self/environ")),
        partial(hostile_functions.open_for_writing, own),
        partial(hostile_functions.create, tmp_path / "new"),
    ):
        with pytest.raises(OSError, match="Permission denied"):
            await processes.run(function, Done, limits)
    assert own.read_bytes() == b"12"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux filters system calls")
async def test_there_is_no_network_and_no_other_program(processes: IsolatedProcesses) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for function in (partial(hostile_functions.connect, port), hostile_functions.run_a_program):
            with pytest.raises(OSError, match=r"not permitted|Permission denied"):
                await processes.run(function, Done, LIMITS)


@pytest.mark.skipif(landlock_version() < 6, reason="the kernel's Landlock has no scopes")
async def test_other_processes_cannot_be_signalled(processes: IsolatedProcesses) -> None:
    with pytest.raises(OSError, match="not permitted"):
        await processes.run(hostile_functions.signal_its_parent, Done, LIMITS)


async def test_the_reason_for_refusing_a_file_reaches_the_caller(
    processes: IsolatedProcesses,
) -> None:
    with pytest.raises(UnsupportedMediaError, match="neither audio nor video"):
        await processes.run(hostile_functions.refuse, Done, LIMITS)


async def test_an_unexpected_exception_shows_no_value_of_the_file(
    processes: IsolatedProcesses,
) -> None:
    with pytest.raises(ProcessDiedError) as failure:
        await processes.run(hostile_functions.raise_a_bug, Done, LIMITS)
    assert str(failure.value) == "IndexError"


@pytest.mark.parametrize("line", [b"no JSON\n", b'{"result": {}', b"\n", b"x" * 2**21, b""])
async def test_a_process_that_answers_nonsense_has_died(
    processes: IsolatedProcesses, line: bytes
) -> None:
    """Its file may have taken it over: the backend must survive whatever it sends."""
    with pytest.raises(ProcessDiedError):
        await processes.run(partial(hostile_functions.answer_with, line), Done, LIMITS)


@pytest.mark.parametrize("is_cancelled", [True, False])
async def test_a_process_ends_with_its_caller(
    processes: IsolatedProcesses, is_cancelled: bool
) -> None:
    """Otherwise it would write on after the job's files were removed."""
    n_reports = 0

    async def on_report() -> None:
        nonlocal n_reports
        n_reports += 1
        if n_reports > 1 and not is_cancelled:
            raise ZeroDivisionError

    before = children_of_fork_server()
    running = asyncio.create_task(
        processes.run(hostile_functions.report_for_ever, Done, LIMITS, on_report)
    )
    while not n_reports:
        await asyncio.sleep(0.02)
    if is_cancelled:
        running.cancel()
    with pytest.raises(asyncio.CancelledError if is_cancelled else ZeroDivisionError):
        await running
    assert children_of_fork_server() == before


def children_of_fork_server() -> set[int]:
    """Return the pids of the processes that the fork servers of this process have forked."""
    servers = children_of(os.getpid())
    return {child for server in servers for child in children_of(server)}


def children_of(pid: int) -> set[int]:
    found: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found.update(map(int, path.read_text().split()))
    return found


BACKEND = """
import asyncio
from backend.isolated_process import IsolatedProcesses
from unit.backend import hostile_functions
from unit.backend.test_isolated_process import LIMITS, Done
processes = IsolatedProcesses([hostile_functions.__name__])

async def on_report():
    print("working", flush=True)

asyncio.run(processes.run(hostile_functions.%s, Done, LIMITS, on_report))
"""


@pytest.mark.whole_app
@pytest.mark.parametrize("function", ["report_for_ever", "fall_silent"])
def test_no_process_outlives_a_killed_backend(function: str) -> None:
    """A killed backend cannot end its processes; the kernel has to."""
    backend = subprocess.Popen(
        [sys.executable, "-c", BACKEND % function],
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
        stdout=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 60
        processes: set[int] = set()
        while not processes and time.monotonic() < deadline:
            time.sleep(0.1)
            processes = {
                child for server in children_of(backend.pid) for child in children_of(server)
            }
        assert processes
        everyone = processes | children_of(backend.pid)
    finally:
        backend.kill()
        backend.wait()
    while time.monotonic() < deadline and any(map(exists, everyone)):
        time.sleep(0.1)
    assert not any(map(exists, everyone))
