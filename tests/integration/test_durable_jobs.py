"""If this fails, a crash loses results or transcribes chunks twice."""

import random
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from contracts.jobs import Job, JobStatus
from integration.client import send
from integration.llm_process import LlmProcess, llm_process
from speech_corpus import russian_sentences
from testbed.services import Service, running_service
from testbed.speech import concatenated

pytestmark = pytest.mark.slow

N_KILLS = 20
OPTIONS = {"chunk_length_s": 5}
TIMEOUT_S = 240


@pytest.fixture(scope="module")
def speech() -> Path:
    return concatenated(russian_sentences(30), pause_s=0.5)


def job_at(backend: Service, location: str) -> Job | None:
    """Return the job, or None if the backend does not answer."""
    try:
        answer = httpx.get(backend.url + location, trust_env=False)
    except httpx.TransportError:
        return None
    return Job.model_validate_json(answer.content) if answer.is_success else None


def ended(backend: Service, location: str) -> Job:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        job = job_at(backend, location)
        if job is not None and job.status.is_final:
            return job
        time.sleep(0.1)
    pytest.fail(f"the job did not end:\n{backend.log.read_text()[-3000:]}")


def transcribe(backend: Service, recording: Path, **options: object) -> Job:
    return ended(backend, send(backend.url, recording, **OPTIONS, **options).headers["Location"])


def kill_at_random_moments(
    backend: Service, llm: LlmProcess, seed: int, location: str
) -> Counter[str]:
    """Kill the backend, the llm or both repeatedly while a job runs; return the number of kills."""
    moments = random.Random(seed)
    killed: Counter[str] = Counter()
    for _ in range(N_KILLS):
        # sometimes while they start, sometimes while they work
        time.sleep(moments.uniform(0.05, 1.0))
        if moments.random() < 0.7:
            backend.wait_until_ready()
            time.sleep(moments.uniform(0.0, 1.0))
        job = job_at(backend, location)
        if job is not None and job.status.is_final:
            break
        target = moments.choice(["backend", "llm", "both"])
        victims = {"backend": [backend], "llm": [llm], "both": [backend, llm]}[target]
        for victim in victims:
            assert victim.process
            victim.process.kill()
            victim.process.wait()
        for victim in victims:
            victim.start()
        killed[target] += 1
    return killed


def test_a_job_survives_twenty_kills_with_no_chunk_lost_or_transcribed_twice(
    speech: Path, tmp_path: Path
) -> None:
    with (
        llm_process(tmp_path, delay_s=1.0) as llm,
        running_service(
            "backend", tmp_path, LLM_URL=f"http://127.0.0.1:{llm.port}", LLM_CONCURRENCY="2"
        ) as backend,
    ):
        location = send(backend.url, speech, **OPTIONS).headers["Location"]
        killed = kill_at_random_moments(backend, llm, 4, location)
        job = ended(backend, location)
        answered = llm.answered()
        llm.kill()
        llm.delay_s = 0.0
        llm.start()
        undisturbed = transcribe(backend, speech, force=True)
    assert killed.total() == N_KILLS, "the job ended too early for the test to prove much"
    assert min(killed.values()) >= 3, killed
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert job.result
    assert undisturbed.result
    assert job.result.text == undisturbed.result.text
    assert job.progress.chunks_done == len(answered)
    # Only chunks in flight at a kill are transcribed again, at most LLM_CONCURRENCY of them;
    # stored chunks never are.
    assert answered.total() - len(answered) <= 2
