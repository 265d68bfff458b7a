"""The services themselves, through the backend's port, as a user's programme calls them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

START_S = 180
POLL_S = 0.1
MODEL = "embedded/whisper-base"


@dataclass(frozen=True)
class Services:
    """Where the services answer."""

    backend_url: str
    llm_url: str

    def transcribe(self, path: Path) -> tuple[float, str]:
        """Send a file; return the seconds until its text is there, and the text."""
        started = time.perf_counter()
        with path.open("rb") as file:
            answer = httpx.post(
                f"{self.backend_url}/v1/transcriptions",
                files={"file": (path.name, file)},
                data={"force": "true"},
                timeout=600,
            )
        answer.raise_for_status()
        job = answer.json()
        while job["status"] in ("queued", "running"):
            time.sleep(POLL_S)
            job = httpx.get(f"{self.backend_url}/v1/transcriptions/{job['id']}").json()
        if job["status"] != "completed":
            raise RuntimeError(f"{path.name}: {job['error']}")
        return time.perf_counter() - started, job["result"]["text"]

    def peak_bytes(self) -> dict[str, int]:
        """Return the peak memory of each service since it started."""
        return {
            "backend": _peak_bytes(self.backend_url),
            "llm": _peak_bytes(self.llm_url),
        }


def _peak_bytes(url: str) -> int:
    for line in httpx.get(f"{url}/metrics").text.splitlines():
        if line.startswith("process_peak_resident_memory_bytes "):
            return int(float(line.split()[1]))
    raise RuntimeError(f"{url}/metrics tells no peak memory")


@contextmanager
def started(data_dir: Path, threads: int) -> Iterator[Services]:
    """Start the llm and the backend on free ports with the embedded model; stop them after."""
    llm_port, backend_port = _free_port(), _free_port()
    services = Services(f"http://127.0.0.1:{backend_port}", f"http://127.0.0.1:{llm_port}")
    environment = os.environ | {
        "PYTHONPATH": "src",
        "DATA_DIR": str(data_dir),
        "LLM_MODEL": MODEL,
        "LLM_THREADS": str(threads),
        "LLM_PORT": str(llm_port),
        "LLM_URL": services.llm_url,
        "BACKEND_PORT": str(backend_port),
        "LOG_LEVEL": "WARNING",
    }
    with ExitStack() as stack:
        for name in ("llm", "backend"):
            stack.enter_context(_process([sys.executable, "-m", name], environment))
        _wait_until_ready(services)
        yield services


@contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_until_ready(services: Services) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{services.backend_url}/health/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise TimeoutError(f"the services were not ready after {START_S} s")
