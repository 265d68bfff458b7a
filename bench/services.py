"""Call the services over HTTP, as a user's program does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from testbed.services import running_services


@dataclass(frozen=True)
class Services:
    """Addresses of running services, and connections to them that stay open."""

    backend_url: str
    llm_url: str
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=600))

    def transcribe(self, path: Path, language: str = "ru") -> tuple[float, str]:
        """Send a file; return the seconds until its text arrives, and the text."""
        started = time.perf_counter()
        with path.open("rb") as file:
            answer = self.http.post(
                f"{self.backend_url}/v1/transcriptions",
                files={"file": (path.name, file)},
                data={"force": "true", "language": language},
            )
        answer.raise_for_status()
        address = f"{self.backend_url}/v1/transcriptions/{answer.json()['id']}"
        self._wait_for_end(address)
        job = self.http.get(address).json()
        if job["status"] != "completed":
            raise RuntimeError(f"{path.name}: {job['error']}")
        return time.perf_counter() - started, job["result"]["text"]

    def _wait_for_end(self, address: str) -> None:
        """Follow the job's events as the page does; polling would take a good part of a core."""
        with self.http.stream("GET", f"{address}/events") as events:
            for _ in events.iter_lines():
                pass

    def peak_bytes(self) -> dict[str, int]:
        """Return the peak memory of each service since its start."""
        return {
            "backend": peak_bytes(self.backend_url),
            "llm": peak_bytes(self.llm_url),
        }


def peak_bytes(url: str) -> int:
    """Return the peak memory of a service since its start."""
    for line in httpx.get(f"{url}/metrics").text.splitlines():
        if line.startswith("process_peak_resident_memory_bytes "):
            return int(float(line.split()[1]))
    raise RuntimeError(f"{url}/metrics has no peak memory")


@contextmanager
def started(threads: int) -> Iterator[Services]:
    """Run the services with the embedded model."""
    with (
        TemporaryDirectory() as folder,
        running_services(Path(folder), LLM_THREADS=str(threads), LOG_LEVEL="WARNING") as services,
    ):
        yield Services(services.backend.url, services.llm.url)
