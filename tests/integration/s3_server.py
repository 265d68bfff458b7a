"""Runs a private S3 server, moto's, which keeps its objects in memory."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from testbed.services import free_port

_START_TIMEOUT_S = 60


@dataclass
class S3Server:
    """An S3 server that listens on localhost only."""

    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _n_buckets: int = field(default=0, init=False)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a service finds the server."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test-key",
            "AWS_SECRET_ACCESS_KEY": "test-secret",
        }

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(
            command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        pytest.fail("the S3 server does not start")

    def new_bucket(self) -> str:
        """Create an empty bucket and return its URL with a prefix."""
        self._n_buckets += 1
        name = f"bucket-{self._n_buckets}"
        address = f"http://127.0.0.1:{self.port}/{name}"
        httpx.put(address, trust_env=False).raise_for_status()
        return f"s3://{name}/recordings"

    def hang(self) -> None:
        """Suspend the server: connections are accepted, but nothing is answered."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """Run a server inside the context."""
    server = S3Server(free_port())
    try:
        server.start()
        yield server
    finally:
        server.kill()
