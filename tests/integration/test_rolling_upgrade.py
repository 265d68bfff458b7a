"""If these fail, an upgrade that replaces backends one by one loses jobs, or does work twice."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from contracts.jobs import Job, JobStatus
from integration.client import send
from integration.postgres_server import PostgresServer, running_postgres
from integration.test_durable_jobs import OPTIONS, ended
from integration.test_shared_queue import create, llm, recording, reset_llm
from previous_release import unpack_source
from testbed.instant_llm import StandInLlm
from testbed.services import Service, running_service

__all__ = ["llm", "reset_llm"]

pytestmark = pytest.mark.slow

TIMEOUT_S = 120
N_SENTENCES = 6
N_DIGESTS = 5
"""In the text of each chunk."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


class Installation:
    """Backends of two releases on one database and one folder of recordings."""

    def __init__(self, stack: ExitStack, folder: Path, database_url: str, llm: StandInLlm) -> None:
        self._stack = stack
        self._folder = folder
        self._n_recordings = 0
        self._environment = {
            "DATABASE_URL": database_url,
            "BLOB_STORE_URL": f"file:{create(folder / 'recordings')}",
            "HEARTBEAT_S": "1",
            "HEARTBEAT_TIMEOUT_S": "8",
            "MAX_RUNNING_JOBS": "1",
            "LLM_URL": f"http://127.0.0.1:{llm.port}",
            "LLM_CONCURRENCY": "1",
        }

    def start(self, name: str, source: Path | None = None) -> Service:
        """Start a backend of this release, or of another one's source."""
        environment = self._environment | ({"PYTHONPATH": str(source)} if source else {})
        folder = create(self._folder / name)
        return self._stack.enter_context(running_service("backend", folder, **environment))

    def send(self, backend: Service) -> str:
        """Send a recording that no other one equals; return the path of its job."""
        file = recording(self._n_recordings, N_SENTENCES)
        self._n_recordings += N_SENTENCES
        answer = send(backend.url, file, word_timestamps=True, **OPTIONS)
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]


def assert_serves(backend: Service, locations: list[str]) -> None:
    """Check that a backend lists all jobs and returns each of them."""
    page = httpx.get(f"{backend.url}/v1/transcriptions", timeout=TIMEOUT_S)
    assert page.status_code == 200, page.text
    listed = {f"/v1/transcriptions/{item['id']}" for item in page.json()["items"]}
    assert listed == {*locations}
    for location in locations:
        answer = httpx.get(f"{backend.url}{location}", timeout=TIMEOUT_S)
        assert answer.status_code == 200, answer.text


def assert_refused(backend: Service) -> None:
    """Start a backend and check that it ends and says why."""
    n_logged = len(backend.log.read_text())
    backend.start()
    assert backend.process
    assert backend.process.wait(TIMEOUT_S) != 0
    assert "older than its database" in backend.log.read_text()[n_logged:]


def assert_has_each_chunk_once(job: Job) -> None:
    """Check a result by the digests that the stand-in of the llm writes into each chunk's text."""
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert job.progress.chunks_done == job.progress.chunks_total
    assert job.result
    digests = re.findall("[0-9a-f]{16}", job.result.text)
    assert len(set(digests)) == job.progress.chunks_total
    assert set(Counter(digests).values()) == {N_DIGESTS}


def test_the_previous_release_works_beside_this_one_and_its_jobs_go_on(
    llm: StandInLlm, postgres: PostgresServer, tmp_path: Path
) -> None:
    """One old backend is stopped, and the other one is killed."""
    source = unpack_source(tmp_path / "previous")
    with ExitStack() as stack:
        backends = Installation(stack, tmp_path, postgres.new_database(), llm)
        stopped, killed = (backends.start(name, source) for name in ("stopped", "killed"))
        llm.delay_s = 0.0
        locations = [backends.send(stopped)]
        ended(stopped, locations[0])
        llm.delay_s = 0.4
        locations += [backends.send(stopped) for _ in range(3)]  # two of them run, one waits
        n_before = llm.answered.total()
        while llm.answered.total() < n_before + 3:
            time.sleep(0.05)
        new = backends.start("new")
        for backend in (stopped, killed, new):
            assert_serves(backend, locations)
        locations += [backends.send(killed), backends.send(new)]
        stopped.stop()
        assert killed.process
        killed.process.kill()
        killed.process.wait()
        for location in locations:
            assert_has_each_chunk_once(ended(new, location))
        assert_serves(new, locations)
        assert_refused(stopped)
    n_again = llm.answered.total() - len(llm.answered)
    assert n_again <= 1, "only the chunk in flight at the kill may be transcribed again"
