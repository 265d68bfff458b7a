"""Start the containers with `make full_start`, separate from a user's own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.services import free_port

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("frontend", "backend", "llm")


class Stack:
    """The three containers; each method returns the output of its command."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.ports = {service: free_port() for service in SERVICES}
        inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
        self._environment = inherited | {
            "COMPOSE_PROJECT_NAME": "speech_transcription_test",
            "DATA_DIR": str(data),
            # The default model would download gigabytes during the tests.
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
    """The containers, built and started for the tests, and removed afterwards."""
    if shutil.which("docker") is None:
        pytest.skip("docker is not installed")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode != 0:
        pytest.skip("Docker does not respond")
    had_settings = (ROOT / ".env").exists()
    stack = Stack(tmp_path_factory.mktemp("data"))
    try:
        stack.make("full_start")
        yield stack
    finally:
        stack.make("full_stop")
        if not had_settings:
            (ROOT / ".env").unlink(missing_ok=True)
