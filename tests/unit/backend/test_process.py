"""`python -m backend` as a process: what it does before and beside its app."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from servicekit.connections import MAX_CONNECTIONS, max_connections
from testbed.services import REPOSITORY, Service, free_port

pytestmark = pytest.mark.whole_app

START_S = 60


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The backend without an llm, on the data of an earlier version."""
    folder: Path = tmp_path_factory.mktemp("backend")
    old = folder / "data" / "blobs" / "ab" / "old"
    old.parent.mkdir(parents=True, mode=0o755)
    old.write_bytes(b"old")
    old.chmod(0o644)
    port = free_port()
    environment = {
        "PYTHONPATH": str(REPOSITORY / "src"),
        "BACKEND_PORT": str(port),
        "LLM_URL": "http://127.0.0.1:9",
        "DATA_DIR": str(folder / "data"),
        "MIN_FREE_DISK_BYTES": "0",
    }
    service = Service("backend", port, environment, folder / "backend.log")
    service.start()
    try:
        _wait_until_live(service)
        yield service
    finally:
        service.stop()


def _wait_until_live(service: Service) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            httpx.get(f"{service.url}/health/live", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            assert time.monotonic() < deadline, service.log.read_text()
            time.sleep(0.2)
        else:
            return


@pytest.mark.slow
def test_half_open_connections_are_closed_and_fill_no_log(backend: Service):
    """Otherwise a few hundred of them stop the backend, and the log fills the disk."""
    size_before = backend.log.stat().st_size
    address = ("127.0.0.1", backend.port)
    opened = [socket.create_connection(address, timeout=20) for _ in range(300)]
    for each in opened[::2]:
        each.sendall(b"GET /health/live HTTP/1.1\r\nHost: local")
    for each in opened:
        assert each.recv(1) == b""
        each.close()
    httpx.get(f"{backend.url}/health/live", trust_env=False).raise_for_status()
    assert backend.log.stat().st_size == size_before


@pytest.mark.slow
def test_more_connections_than_descriptors_stop_nobody_else(backend: Service):
    """Out of descriptors, asyncio tries to accept in a busy loop that logs each failure."""
    max_connections()  # this process needs descriptors, too
    size_before = backend.log.stat().st_size
    address = ("127.0.0.1", backend.port)
    opened = [socket.create_connection(address, timeout=20) for _ in range(MAX_CONNECTIONS + 500)]
    assert sum(each.recv(12) == b"HTTP/1.1 503" for each in opened[MAX_CONNECTIONS:]) == 500
    for each in opened[:100]:
        each.close()
    time.sleep(0.5)
    httpx.get(f"{backend.url}/health/live", trust_env=False).raise_for_status()
    for each in opened:
        each.close()
    assert backend.log.stat().st_size == size_before


def test_nobody_else_can_read_what_the_backend_stores(backend: Service):
    """Recordings and transcripts are private, also from other users of the machine."""
    url = f"{backend.url}/v1/uploads/"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "9"}
    assert httpx.post(url, headers=headers, trust_env=False).status_code == 201
    data = Path(backend.environment["DATA_DIR"])
    paths = [data, *data.rglob("*")]
    assert {"speech_transcription.db", "dbos.db", "uploads", "old"} <= {path.name for path in paths}
    assert [path for path in paths if path.stat().st_mode & 0o077] == []
