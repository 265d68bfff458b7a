"""If this fails, a crash loses results or transcribes chunks twice."""

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from backend.queueing.crash_guard import MAX_UNCLEAN_ENDS
from contracts.jobs import Job, JobStatus
from contracts.problems import ProblemType
from integration.client import send
from integration.llm_process import LlmProcess, llm_process
from speech_corpus import russian_sentences
from testbed.instant_llm import VOICES_JOURNAL
from testbed.services import Service, running_service
from testbed.speech import concatenated

pytestmark = pytest.mark.slow

N_KILLS = 12
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
    n_kills = 0
    for _ in range(N_KILLS):
        if n_kills == MAX_UNCLEAN_ENDS - 1:  # one more without a new chunk would fail the job
            n_kills = 0
            wait_for_next_chunk(backend, location)
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
        n_kills += backend in victims
    return killed


def wait_for_next_chunk(backend: Service, location: str) -> None:
    """Wait until a running job gets further."""
    deadline, n_before = time.monotonic() + TIMEOUT_S, None
    while time.monotonic() < deadline:
        job = job_at(backend, location)
        if job is not None:
            n_done = job.progress.chunks_done
            n_before = n_done if n_before is None else n_before
            if n_done > n_before or job.status.is_final:
                return
        time.sleep(0.1)
    pytest.fail(f"the job got no further:\n{backend.log.read_text()[-3000:]}")


def test_a_job_survives_a_dozen_kills_with_no_chunk_lost_or_transcribed_twice(
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


def test_kills_in_the_opening_and_in_the_rest_of_a_recording_repeat_no_text(tmp_path: Path) -> None:
    """Else the first minutes of a long recording would be there twice, or be paid for twice."""
    speech = concatenated(russian_sentences(30) * 2, pause_s=0.5)
    with (
        llm_process(tmp_path, delay_s=0.3) as llm,
        running_service(
            "backend", tmp_path, LLM_URL=f"http://127.0.0.1:{llm.port}", LLM_CONCURRENCY="1"
        ) as backend,
    ):
        location = send(backend.url, speech).headers["Location"]
        for n_answered in (2, 6):
            kill_once(backend, lambda n=n_answered: llm.answered().total() >= n)
        job = ended(backend, location)
        answered = llm.answered()
        undisturbed = ended(backend, send(backend.url, speech, force=True).headers["Location"])
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert job.result
    assert undisturbed.result
    assert job.result.segments == undisturbed.result.segments
    assert job.progress.chunks_done == job.progress.chunks_total > 6
    assert answered.total() - len(answered) <= 2, "only what was at the llm is transcribed again"


def stretches_answered(llm: LlmProcess) -> Counter[str]:
    """Return the answers about voices, by digest of the stretch."""
    return Counter({key: n for key, n in llm.answered().items() if key.startswith(VOICES_JOURNAL)})


def kill_once(backend: Service, is_reached: Callable[[], bool]) -> None:
    """Kill the backend at some point of a job, and start it again."""
    deadline = time.monotonic() + TIMEOUT_S
    while not is_reached():
        if time.monotonic() > deadline:
            pytest.fail(f"the job did not get so far:\n{backend.log.read_text()[-3000:]}")
        time.sleep(0.005)
    assert backend.process
    backend.process.kill()
    backend.process.wait()
    backend.start()


def remember_first_speaker(backend: Service, location: str) -> None:
    """Let the voices of later recordings be compared: a step after that of the speakers."""
    speaker = f"{backend.url}{location}/speakers/S1"
    httpx.patch(speaker, json={"name": "Анна"}, trust_env=False).raise_for_status()
    httpx.post(f"{speaker}/voice", timeout=TIMEOUT_S, trust_env=False).raise_for_status()


def test_speakers_are_found_once_although_the_backend_is_killed_then_and_later(
    speech: Path, tmp_path: Path
) -> None:
    """Else a restart late in a long recording would repeat minutes of work, or mix people up."""

    def said(job: Job) -> list[tuple[str | None, str, float, float]]:
        assert job.result, job.error
        return [(one.speaker, one.text, one.start, one.end) for one in job.result.segments]

    with (
        llm_process(tmp_path, delay_s=0.3) as llm,
        running_service(
            "backend", tmp_path, LLM_URL=f"http://127.0.0.1:{llm.port}", LLM_CONCURRENCY="2"
        ) as backend,
    ):
        location = send(backend.url, speech, diarization="voice").headers["Location"]
        undisturbed = ended(backend, location)
        stretches = stretches_answered(llm)
        remember_first_speaker(backend, location)
        before = stretches_answered(llm)
        again = send(backend.url, speech, diarization="voice", force=True)
        kill_once(backend, lambda: stretches_answered(llm).total() >= before.total() + 2)
        kill_once(  # while voices are compared, once all stretches were answered
            backend,
            lambda: any(
                n > before[digest] and digest not in stretches
                for digest, n in stretches_answered(llm).items()
            ),
        )
        at_kill = stretches_answered(llm)
        job = ended(backend, again.headers["Location"])
        answered = stretches_answered(llm)
    assert len(stretches) > 4, "the first kill came after the step"
    assert job.result
    assert [one.id for one in job.result.speakers] == ["S1", "S2"]
    assert said(job) == said(undisturbed)
    repeated = {digest: answered[digest] - before[digest] for digest in stretches}
    assert set(repeated.values()) == {1, 2}, (
        "only stretches before the first kill are answered again"
    )
    assert all(answered[digest] == at_kill[digest] for digest in stretches)


def stored_start(backend: Service, location: str) -> tuple[JobStatus, int]:
    """Read a job's status and unclean starts from the database: it answers at once, and always."""
    database = Path(backend.environment["DATA_DIR"]) / "speech_transcription.db"
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        query = "SELECT status, unclean_starts FROM transcriptions WHERE id = ?"
        status, n_starts = connection.execute(query, [location.rsplit("/", 1)[1]]).fetchone()
    return JobStatus(status), n_starts


def kill_whenever_it_runs(backend: Service, location: str) -> int:
    """Kill the backend whenever it begins a job, as a job that crashes it does; count the kills."""
    deadline, n_kills = time.monotonic() + TIMEOUT_S, 0
    while time.monotonic() < deadline:
        status, n_starts = stored_start(backend, location)
        if status.is_final:
            return n_kills
        if n_starts > n_kills:
            assert backend.process
            backend.process.kill()
            backend.process.wait()
            n_kills += 1
            backend.start()
        time.sleep(0.005)
    pytest.fail(f"the job did not end:\n{backend.log.read_text()[-3000:]}")


def test_a_job_that_kills_the_backend_fails_at_the_third_time_and_the_others_go_on(
    speech: Path, tmp_path: Path
) -> None:
    """Else the service would be down, for everyone, until somebody deletes that job by hand."""
    dictation, short = (concatenated(russian_sentences(n), pause_s=0.5) for n in (3, 8))
    with (
        llm_process(tmp_path, delay_s=0.5) as llm,
        running_service(
            "backend", tmp_path, LLM_URL=f"http://127.0.0.1:{llm.port}", MAX_RUNNING_JOBS="2"
        ) as backend,
    ):
        others = [send(backend.url, path).headers["Location"] for path in (dictation, short)]
        location = send(backend.url, speech, chunk_length_s=10).headers["Location"]
        waiting = send(backend.url, speech, **OPTIONS).headers["Location"]
        n_kills = kill_whenever_it_runs(backend, location)
        job = ended(backend, location)
        completed = [ended(backend, other) for other in (*others, waiting)]
    assert n_kills == MAX_UNCLEAN_ENDS
    assert job.status is JobStatus.FAILED
    assert job.error
    assert job.error.type == ProblemType.BACKEND_CRASHED.uri
    assert [(other.status, other.error) for other in completed] == [(JobStatus.COMPLETED, None)] * 3


def test_a_job_survives_any_number_of_clean_restarts(speech: Path, tmp_path: Path) -> None:
    """Else updates of the service would fail a recording that takes long."""
    with (
        llm_process(tmp_path, delay_s=3.0) as llm,
        running_service(
            "backend", tmp_path, LLM_URL=f"http://127.0.0.1:{llm.port}", LLM_CONCURRENCY="1"
        ) as backend,
    ):
        location = send(backend.url, speech, chunk_length_s=30).headers["Location"]
        for _ in range(MAX_UNCLEAN_ENDS + 1):
            while stored_start(backend, location) != (JobStatus.RUNNING, 1):
                time.sleep(0.01)
            backend.stop()
            assert stored_start(backend, location) == (JobStatus.RUNNING, 0)
            backend.start()
        assert ended(backend, location).status is JobStatus.COMPLETED
