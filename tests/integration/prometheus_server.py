"""Runs Prometheus and promtool from Debian's package."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from debian_packages import unpacked
from testbed.services import free_port

_TIMEOUT_S = 60


def program(name: str) -> Path:
    """Return the path of `prometheus` or `promtool`, or skip the test."""
    return unpacked("prometheus", "prometheus") / "usr" / "bin" / name


def promtool(*arguments: str, input_text: str = "") -> subprocess.CompletedProcess[str]:
    """Run promtool and return its exit code and messages."""
    return subprocess.run(
        [program("promtool"), *arguments],
        input=input_text,
        capture_output=True,
        text=True,
        check=False,
    )


class PrometheusServer:
    """A Prometheus that listens on localhost only."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1", trust_env=False)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an instant query; an invalid expression fails the test."""
        answer = self._client.get("/query", params={"query": expression}).json()
        assert answer["status"] == "success", (expression, answer)
        return answer["data"]["result"]

    def metric_names(self) -> set[str]:
        """Return the names of all series so far."""
        return set(self._client.get("/label/__name__/values").json()["data"])

    def is_ready(self) -> bool:
        try:
            return self._client.get("/status/config").is_success
        except httpx.TransportError:
            return False


def wait_until(condition: Callable[[], bool], reason: Callable[[], object]) -> None:
    """Wait until a condition holds; fail with the reason why it does not."""
    deadline = time.monotonic() + _TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, reason()
        time.sleep(0.2)


@contextmanager
def running_prometheus(config: Path, folder: Path) -> Iterator[PrometheusServer]:
    """Run a server inside the context; its data go to the folder."""
    port = free_port()
    command = [
        str(program("prometheus")),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    log = folder / "prometheus.log"
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as run:
        try:
            server = PrometheusServer(f"http://127.0.0.1:{port}")
            wait_until(server.is_ready, lambda: log.read_text()[-3000:])
            yield server
        finally:
            run.terminate()
