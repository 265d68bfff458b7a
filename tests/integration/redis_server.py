"""Runs a private Redis server from Debian's packages, without persistence."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from debian_packages import unpacked
from testbed.debian_packages import libraries
from testbed.services import free_port

_NAME = "redis"
_PACKAGES = (
    "redis-server",
    "redis-tools",
    "libjemalloc2",
    "liblua5.1-0",
    "liblzf1",
    "lua-bitop",
    "lua-cjson",
)
_START_TIMEOUT_S = 30


@dataclass
class RedisServer:
    """A Redis server that listens on localhost only."""

    binary: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"]
        self._process = subprocess.Popen(
            [str(self.binary), *options],
            env={**os.environ, **libraries(_NAME)},
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        pytest.skip("Redis does not start")

    def hang(self) -> None:
        """Suspend the server: connections stay open, but nothing is answered."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Run a server inside the context, or skip the test."""
    server = RedisServer(_binary(), free_port())
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _binary() -> Path:
    if installed := shutil.which("redis-server"):
        return Path(installed)
    return unpacked(_NAME, *_PACKAGES) / "usr" / "bin" / "redis-server"
