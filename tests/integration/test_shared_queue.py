"""Several backends on one PostgreSQL: they share the queue, and one goes on for another."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from contracts.jobs import JobStatus
from integration.client import send
from integration.instant_llm import StandInLlm, instant_llm
from integration.postgres_server import PostgresServer, running_postgres
from integration.test_durable_jobs import OPTIONS, ended, job_at
from real_services import Service, free_port, running_service
from speech_corpus import concatenated, russian_sentences

pytestmark = pytest.mark.slow

Start = Callable[[str], Service]


@pytest.fixture
def llm() -> Iterator[StandInLlm]:
    with instant_llm(free_port(), StandInLlm(delay_s=0.5)) as llm:
        yield llm


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def start(llm: StandInLlm, postgres: PostgresServer, tmp_path: Path) -> Iterator[Start]:
    """Start a process that has the same database and data folder as the others."""
    shared = {
        "DATABASE_URL": postgres.new_database(),
        "DATA_DIR": str(tmp_path / "data"),
        "LLM_URL": f"http://127.0.0.1:{llm.port}",
        "LLM_CONCURRENCY": "1",
    }
    with ExitStack() as stack:

        def start(name: str) -> Service:
            folder = tmp_path / name
            folder.mkdir()
            return stack.enter_context(running_service("backend", folder, **shared))

        yield start


def recording(first: int, n_sentences: int) -> Path:
    return concatenated(russian_sentences(first + n_sentences)[first:], pause_s=0.5)


def test_two_backends_work_side_by_side_and_each_can_tell_of_both_jobs(start, llm) -> None:
    one, two = start("one"), start("two")
    locations = [
        send(one.url, recording(first, 6), **OPTIONS).headers["Location"] for first in (0, 6)
    ]
    seen_at_once = 0
    while seen_at_once < 2:
        jobs = [job_at(two, location) for location in locations]
        assert not all(job and job.status.is_final for job in jobs), "one after the other"
        seen_at_once = sum(bool(job and job.status is JobStatus.RUNNING) for job in jobs)
        time.sleep(0.05)
    for location in locations:
        assert ended(two, location).status is JobStatus.COMPLETED
    assert set(llm.answered.values()) == {1}


def test_a_backend_goes_on_with_the_job_of_one_that_was_killed(start, llm) -> None:
    one = start("one")
    location = send(one.url, recording(0, 12), **OPTIONS).headers["Location"]
    while llm.answered.total() < 2:
        time.sleep(0.05)
    two = start("two")
    assert one.process
    one.process.kill()
    one.process.wait()
    job = ended(two, location)
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert job.progress.chunks_done == len(llm.answered)
    assert llm.answered.total() - len(llm.answered) <= 1, "but the one in flight, none twice"


def test_a_job_outlives_a_restart_of_the_database(start, llm, postgres) -> None:
    backend = start("one")
    location = send(backend.url, recording(0, 12), **OPTIONS).headers["Location"]
    while llm.answered.total() < 2:
        time.sleep(0.05)
    postgres.restart("immediate")
    job = ended(backend, location)
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert set(llm.answered.values()) == {1}


def test_a_cancel_reaches_the_process_that_works(start, llm) -> None:
    llm.delay_s = 60.0
    one, _ = start("one"), start("two")
    locations = [
        send(one.url, recording(first, 6), **OPTIONS).headers["Location"] for first in (0, 6)
    ]
    while llm.begun.total() < 2:  # each process has one
        time.sleep(0.05)
    for location in locations:
        assert httpx.post(f"{one.url}{location}/cancel").status_code == 202
    deadline = time.monotonic() + 10
    while llm.n_dropped < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert llm.n_dropped == 2
