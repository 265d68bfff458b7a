"""Nothing is lost and nothing is done twice, whatever dies, and whenever."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from contracts.jobs import Job, JobStatus
from integration.client import send
from integration.instant_llm import StandInLlm, instant_llm
from real_services import Service, free_port, running_service
from speech_corpus import concatenated, russian_sentences

pytestmark = pytest.mark.slow

N_KILLS = 20
OPTIONS = {"chunk_length_s": 5}
PATIENCE_S = 240


@pytest.fixture(scope="module")
def speech() -> Path:
    return concatenated(russian_sentences(30), pause_s=0.5)


@contextmanager
def backend_with(llm: StandInLlm, folder: Path, **environment: str) -> Iterator[Service]:
    folder.mkdir(exist_ok=True)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (
        instant_llm(port, llm),
        running_service("backend", folder, LLM_URL=address, **environment) as backend,
    ):
        yield backend


def restart_killed(backend: Service) -> None:
    assert backend.process is not None
    backend.process.kill()
    backend.process.wait()
    backend.start()


def job_at(backend: Service, location: str) -> Job | None:
    """Return the job, or None while the backend does not answer."""
    try:
        answer = httpx.get(backend.url + location, trust_env=False)
    except httpx.TransportError:
        return None
    return Job.model_validate_json(answer.content) if answer.is_success else None


def ended(backend: Service, location: str) -> Job:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        job = job_at(backend, location)
        if job is not None and job.status.is_final:
            return job
        time.sleep(0.1)
    pytest.fail(f"the job did not end:\n{backend.log.read_text()[-3000:]}")


def transcribe(backend: Service, recording: Path, **options: object) -> Job:
    return ended(backend, send(backend.url, recording, **OPTIONS, **options).headers["Location"])


def undisturbed_text(recording: Path, folder: Path) -> str:
    with backend_with(StandInLlm(), folder) as backend:
        job = transcribe(backend, recording)
        assert job.result
        assert job.result.text
        return job.result.text


def kill_at_random_moments(backend: Service, seed: int, location: str) -> int:
    """Kill and start the backend again and again while a job runs; return how often it was."""
    moments = random.Random(seed)
    for n_killed in range(N_KILLS):
        # sometimes while it starts, sometimes in the middle of the work
        time.sleep(moments.uniform(0.05, 1.5))
        if moments.random() < 0.7:
            backend.wait_until_ready()
            time.sleep(moments.uniform(0.0, 1.5))
        job = job_at(backend, location)
        if job is not None and job.status.is_final:
            return n_killed
        restart_killed(backend)
    return N_KILLS


def test_a_job_outlives_twenty_kills_with_no_chunk_lost_or_done_twice(
    speech: Path, tmp_path: Path
) -> None:
    text = undisturbed_text(speech, tmp_path / "undisturbed")
    llm = StandInLlm(delay_s=1.0)
    with backend_with(llm, tmp_path / "killed", LLM_CONCURRENCY="2") as backend:
        location = send(backend.url, speech, **OPTIONS).headers["Location"]
        n_killed = kill_at_random_moments(backend, 4, location)
        job = ended(backend, location)
    assert n_killed == N_KILLS, "the job ended too early for the test to show much"
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert job.result
    assert job.result.text == text
    assert job.progress.chunks_done == len(llm.answered)
    # a chunk whose answer was on its way when the backend died is asked for again, at most
    # as many as were at the llm at once; a chunk that was written down never is
    lost_in_flight = sum(llm.answered.values()) - len(llm.answered)
    assert lost_in_flight <= 2
