"""Run the three services as local processes, on free ports of this machine."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

REPOSITORY = Path(__file__).resolve().parents[1]
READY_S = 240
"""Seconds to wait for a service; its first start converts the embedded model."""

MEMORY_ENVIRONMENT = dict(
    re.findall(
        r"^export (MALLOC_\w+)=.*:-(\d+)",
        (REPOSITORY / "runners" / "environment.sh").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
)
"""The allocator's settings that the runners export: without them a service takes more memory."""

_HEALTH = {
    "llm": "/health/ready",
    "backend": "/health/ready",
    "frontend": "/_stcore/health",
}


@dataclass
class Service:
    """One service, which can be stopped and started again."""

    name: str
    port: int
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Return the service's address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process; do not wait for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.name],
                env=os.environ | self.environment,
                cwd=self.log.parent,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        """Wait until the health check succeeds.

        Raises:
            RuntimeError: the process ended or did not become ready; the message ends with its log.
        """
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and self._is_running():
            try:
                if httpx.get(self.url + _HEALTH[self.name], trust_env=False).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise RuntimeError(f"{self.name} is not ready:\n{self.log.read_text()[-3000:]}")

    def suspend(self) -> None:
        """Suspend the process, as if the machine were frozen."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Continue a suspended process."""
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Terminate the process, and kill it if it does not end within 30 s."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


@contextmanager
def running_service(name: str, folder: Path, **environment: str) -> Iterator[Service]:
    """Run one service; its log and its data go to the folder."""
    service = _configure(
        name, free_port(), folder, {"DATA_DIR": str(folder / "data")} | environment
    )
    try:
        service.start()
        service.wait_until_ready()
        yield service
    finally:
        service.stop()


@dataclass(frozen=True)
class Services:
    """The three services."""

    llm: Service
    backend: Service
    frontend: Service


@contextmanager
def running_services(folder: Path, **environment: str) -> Iterator[Services]:
    """Run all three services; logs and data go to the folder, model files stay in `data/`."""
    ports = {name: free_port() for name in _HEALTH}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    own = {
        "llm": {
            "LLM_MODEL": "embedded/whisper-base",
            "LLM_FALLBACK_MODEL": "",
            "DATA_DIR": str(REPOSITORY / "data"),
        },
        "backend": {"LLM_URL": urls["llm"], "DATA_DIR": str(folder / "data")},
        "frontend": {"BACKEND_URL": urls["backend"]},
    }
    every = {
        name: _configure(name, ports[name], folder, own[name] | environment) for name in _HEALTH
    }
    try:
        for service in every.values():
            service.start()
        for service in every.values():
            service.wait_until_ready()
        yield Services(**every)
    finally:
        for service in every.values():
            service.stop()


def _configure(name: str, port: int, folder: Path, environment: dict[str, str]) -> Service:
    common = {
        "PYTHONPATH": str(REPOSITORY / "src"),
        **MEMORY_ENVIRONMENT,
        "BIND_ADDRESS": "127.0.0.1",
        f"{name.upper()}_PORT": str(port),
    }
    return Service(name, port, common | environment, folder / f"{name}.log")


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
