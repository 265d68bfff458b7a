"""If these fail, backends on one PostgreSQL do not share the queue or take over jobs."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from contracts.jobs import JobStatus
from integration.client import send
from integration.postgres_server import PostgresServer, running_postgres
from integration.test_durable_jobs import OPTIONS, ended, job_at
from speech_corpus import russian_sentences
from testbed.instant_llm import StandInLlm, instant_llm
from testbed.services import Service, free_port, running_service
from testbed.speech import concatenated

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def llm() -> Iterator[StandInLlm]:
    with instant_llm(free_port()) as llm:
        yield llm


@pytest.fixture(autouse=True)
def reset_llm(llm: StandInLlm) -> None:
    llm.delay_s = 0.5
    llm.begun.clear()
    llm.answered.clear()
    llm.n_dropped = 0


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def backends(
    llm: StandInLlm, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Service]]:
    """Run two backends with one database and one data folder, once: starting them is slow."""
    folder = tmp_path_factory.mktemp("shared")
    shared = {
        "DATABASE_URL": postgres.new_database(),
        "DATA_DIR": str(folder / "data"),
        "LLM_URL": f"http://127.0.0.1:{llm.port}",
        "LLM_CONCURRENCY": "1",
    }
    with ExitStack() as stack:
        yield [
            stack.enter_context(running_service("backend", create(folder / name), **shared))
            for name in ("one", "two")
        ]


def create(folder: Path) -> Path:
    folder.mkdir()
    return folder


def recording(first: int, n_sentences: int) -> Path:
    return concatenated(russian_sentences(first + n_sentences)[first:], pause_s=0.5)


def sent(backend: Service, first: int, n_sentences: int) -> str:
    """Send a recording that must not be deduplicated; return the path of its job."""
    answer = send(backend.url, recording(first, n_sentences), force=True, **OPTIONS)
    return answer.headers["Location"]


def test_two_backends_work_in_parallel_and_each_shows_both_jobs(backends, llm) -> None:
    one, two = backends
    locations = [sent(one, first, 6) for first in (0, 6)]
    n_running = 0
    while n_running < 2:
        jobs = [job_at(two, location) for location in locations]
        assert not all(job and job.status.is_final for job in jobs), (
            "the jobs ran one after the other"
        )
        n_running = sum(bool(job and job.status is JobStatus.RUNNING) for job in jobs)
        time.sleep(0.05)
    for location in locations:
        assert ended(two, location).status is JobStatus.COMPLETED
    assert set(llm.answered.values()) == {1}


def test_a_job_survives_a_restart_of_the_database(backends, llm, postgres) -> None:
    location = sent(backends[0], 0, 12)
    while llm.answered.total() < 2:
        time.sleep(0.05)
    postgres.restart("immediate")
    job = ended(backends[0], location)
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert set(llm.answered.values()) == {1}


def test_a_cancel_reaches_the_process_that_runs_the_job(backends, llm) -> None:
    llm.delay_s = 60.0
    one, _ = backends
    locations = [sent(one, first, 6) for first in (0, 6)]
    while llm.begun.total() < 2:  # each process has one
        time.sleep(0.05)
    for location in locations:
        assert httpx.post(f"{one.url}{location}/cancel").status_code == 202
    deadline = time.monotonic() + 10
    while llm.n_dropped < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert llm.n_dropped == 2


def test_a_backend_takes_over_the_job_of_a_killed_one(backends, llm) -> None:
    one, two = backends
    two.stop()  # so that the other one gets the job
    location = sent(one, 0, 12)
    while llm.answered.total() < 2:
        time.sleep(0.05)
    two.start()
    two.wait_until_ready()
    assert one.process
    one.process.kill()
    one.process.wait()
    job = ended(two, location)
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert job.progress.chunks_done == len(llm.answered)
    assert llm.answered.total() - len(llm.answered) <= 1, (
        "only the chunk in flight is transcribed again"
    )
