"""The three services as processes of their own, on free ports of this machine."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
READY_S = 240
"""Seconds for the first start, in which the embedded model is converted."""

MEMORY_ENVIRONMENT = dict(
    re.findall(
        r"^export (MALLOC_\w+)=.*:-(\d+)",
        (REPOSITORY / "runners" / "environment.sh").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
)
"""How the services are started is part of how much memory they take."""

_HEALTH = {
    "llm": "/health/ready",
    "backend": "/health/ready",
    "frontend": "/_stcore/health",
}


@dataclass
class Service:
    """One service; it can be stopped and started again."""

    name: str
    port: int
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.name],
                env=os.environ | self.environment,
                cwd=self.log.parent,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and self._runs():
            try:
                if httpx.get(self.url + _HEALTH[self.name], trust_env=False).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        pytest.fail(f"{self.name} is not ready:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _runs(self) -> bool:
        return self.process is not None and self.process.poll() is None


@contextmanager
def running_service(name: str, folder: Path, **environment: str) -> Iterator[Service]:
    """Run one service alone; its log and its data lie in the folder."""
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
    llm: Service
    backend: Service
    frontend: Service


@contextmanager
def running_services(folder: Path, **environment: str) -> Iterator[Services]:
    """Run all three: the model's files stay in `data/`, all else lies in the folder."""
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
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
