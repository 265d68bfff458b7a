"""What a media file could make a decoder do; the tests run these in processes of their own."""

import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.errors import UnsupportedMediaError
from backend.isolated_process import Report


@dataclass(frozen=True)
class Done:
    """The result of a function that was not stopped."""

    pid: int
    limit: str = ""


def work(_: Report) -> Done:
    return Done(os.getpid())


def crash(_: Report) -> Done:
    os.kill(os.getpid(), signal.SIGSEGV)
    return work(_)


def crash_unless_exists(marker: Path, _: Report) -> Done:
    if marker.exists():
        return work(_)
    marker.touch()
    return crash(_)


def take_memory(_: Report) -> Done:
    blocks = [np.ones(2**24, np.uint8) for _ in range(10_000)]
    return Done(len(blocks))


def spin(_: Report) -> Done:
    while True:
        pass


def fall_silent(_: Report) -> Done:
    time.sleep(3600)
    return work(_)


def report_for_ever(report: Report) -> Done:
    while True:
        report()
        time.sleep(0.01)


def write(target: Path, n_bytes: int, _: Report) -> Done:
    with target.open("wb") as file:
        file.write(bytes(n_bytes))
    return work(_)


def open_many_times(path: Path, _: Report) -> Done:
    files = [path.open("rb") for _ in range(1000)]
    return Done(len(files))


def refuse(_: Report) -> Done:
    raise UnsupportedMediaError("The file is neither audio nor video.")


def raise_a_bug(_: Report) -> Done:
    raise IndexError("a value of the file")


def answer_with(line: bytes, _: Report) -> Done:
    """Take over the connection, as a process could that runs a file's code."""
    for descriptor in range(3, 64):
        try:
            with socket.socket(fileno=os.dup(descriptor)) as connection:
                connection.sendall(line)
        except OSError:
            continue
    os._exit(0)


def read(source: Path, _: Report) -> Done:
    return Done(len(source.read_bytes()))


def open_for_writing(target: Path, _: Report) -> Done:
    with target.open("r+b") as file:
        return Done(file.write(b"x"))


def create(target: Path, _: Report) -> Done:
    target.touch()
    return work(_)


def connect(port: int, _: Report) -> Done:
    with socket.create_connection(("127.0.0.1", port)):
        return work(_)


def run_a_program(_: Report) -> Done:
    os.execv("/bin/true", ["true"])
    return work(_)


def signal_its_parent(_: Report) -> Done:
    os.kill(os.getppid(), 0)
    return work(_)
