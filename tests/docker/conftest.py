"""The services in containers, as `make full_start` starts them, but beside a user's own."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("frontend", "backend", "llm")


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack:
    """The three containers; each call returns what the command printed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.ports = {service: free_port() for service in SERVICES}
        inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
        self._environment = inherited | {
            "COMPOSE_PROJECT_NAME": "speech_transcription_test",
            "DATA_DIR": str(data),
            # else a machine with a hub would fetch gigabytes in the middle of the tests
            "LLM_MODEL": "embedded/whisper-base",
            **{f"{service.upper()}_PORT": str(port) for service, port in self.ports.items()},
        }

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def make(self, target: str) -> str:
        return self._run("make", target)

    def compose(self, *words: str) -> str:
        return self._run("docker", "compose", *words)

    def python(self, service: str, program: str) -> str:
        """Run a program in a service's container."""
        return self.compose("exec", "-T", service, "python", "-c", program)

    def inspect(self, service: str, template: str) -> str:
        container = self.compose("ps", "--quiet", service).strip()
        return self._run("docker", "inspect", "--format", template, container).strip()

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Built and started from nothing, and gone afterwards."""
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no Docker engine answers")
    had_settings = (ROOT / ".env").exists()
    stack = Stack(tmp_path_factory.mktemp("data"))
    try:
        stack.make("full_start")
        yield stack
    finally:
        stack.make("full_stop")
        if not had_settings:
            (ROOT / ".env").unlink(missing_ok=True)
