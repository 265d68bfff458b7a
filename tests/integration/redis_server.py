"""A real Redis of one's own, from Debian's packages, that keeps nothing on disk.

Installed, it is taken as it is; else the packages are fetched and unpacked without root into
the git-ignored `.cache/`. A test that cannot have it is skipped and says why.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from real_services import free_port

_CACHE = Path(__file__).resolve().parents[2] / ".cache" / "redis"
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
    """A server that listens on a port of this machine only."""

    binary: Path
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"]
        libraries = os.pathsep.join(str(one) for one in _CACHE.glob("usr/lib/*-linux-gnu"))
        self._process = subprocess.Popen(
            [str(self.binary), *options],
            env={**os.environ, **({"LD_LIBRARY_PATH": libraries} if libraries else {})},
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        pytest.skip("no Redis: it does not start")

    def hang(self) -> None:
        """Keep its connections, and answer no more."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Run a server for as long as this lasts, or skip the test."""
    server = RedisServer(_binary(), free_port())
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _binary() -> Path:
    if installed := shutil.which("redis-server"):
        return Path(installed)
    fetched = _CACHE / "usr" / "bin" / "redis-server"
    if not fetched.exists():
        _fetch_packages()
    return fetched


def _fetch_packages() -> None:
    """Unpack the server into the cache, whole or not at all."""
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            pytest.skip(f"no Redis: it is not installed, and {tool} to fetch it is not there")
    _CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE.parent) as work:
        unpacked = Path(work) / "unpacked"
        try:
            _run(["apt-get", "download", *_PACKAGES], work)
            for archive in Path(work).glob("*.deb"):
                _run(["dpkg", "-x", str(archive), str(unpacked)], work)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            pytest.skip(f"no Redis: its packages cannot be fetched: {reason}")
        unpacked.replace(_CACHE)


def _run(command: list[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
