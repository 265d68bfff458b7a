"""If these fail, backends that share no folder lose a job or a recording, or do work twice."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from contracts.jobs import JobStatus
from contracts.transcription import Segment
from integration.postgres_server import PostgresServer, running_postgres
from integration.s3_server import S3Server, running_s3
from integration.test_durable_jobs import ended, job_at
from integration.test_rolling_upgrade import assert_has_each_chunk_once
from integration.test_shared_queue import create, llm, recording, reset_llm, sent
from testbed.instant_llm import StandInLlm
from testbed.services import Service, running_service

__all__ = ["llm", "reset_llm"]

pytestmark = pytest.mark.slow

TIMEOUT_S = 120
SHORTLY_AWAY_S = 6
"""Longer than a request to the store is repeated."""

AWAY_S = 60
"""Longer than a query to the database is repeated."""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def backends(
    llm: StandInLlm,
    s3: S3Server,
    postgres: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[Service]]:
    """Run two backends with one database and one bucket, and a data folder each."""
    folder = tmp_path_factory.mktemp("separate")
    with ExitStack() as stack:
        shared = {
            "DATABASE_URL": postgres.new_database(),
            "BLOB_STORE_URL": s3.new_bucket(),
            "HEARTBEAT_S": "1",
            "HEARTBEAT_TIMEOUT_S": "8",
            "LLM_URL": f"http://127.0.0.1:{llm.port}",
            "LLM_CONCURRENCY": "1",
            **s3.environment,
        }
        yield [
            stack.enter_context(running_service("backend", create(folder / name), **shared))
            for name in ("one", "two")
        ]


def audio_url(backend: Service, location: str) -> str:
    return f"{backend.url}{location}/audio"


def sent_and_held(one: Service, two: Service, llm: StandInLlm) -> str:
    """Have one backend work on a job whose third chunk gets no answer, beside another one."""
    two.stop()
    location = sent(one, 0, 12)
    while llm.answered.total() < 2:
        time.sleep(0.05)
    llm.delay_s = 3600.0
    n_answered = llm.answered.total()
    while llm.begun.total() <= n_answered or llm.answered.total() > n_answered:
        n_answered = llm.answered.total()
        time.sleep(0.5)
    two.start()
    two.wait_until_ready()
    return location


class Follower(threading.Thread):
    """Collects the segments of a job's events until it is completed, in one or more connections."""

    def __init__(self, backend: Service, location: str) -> None:
        super().__init__()
        self.segments: list[Segment] = []
        self.refusals: set[int] = set()
        self._url = f"{backend.url}{location}/events"
        self._last_id = "0"
        self._has_ended = False

    def run(self) -> None:
        deadline = time.monotonic() + 3 * TIMEOUT_S
        while not self._has_ended and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                self._read()
            time.sleep(0.2)

    def _read(self) -> None:
        headers = {"Last-Event-ID": self._last_id}
        with httpx.stream("GET", self._url, headers=headers, timeout=TIMEOUT_S) as answer:
            if not answer.is_success:
                self.refusals.add(answer.status_code)
                return
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                fields[name] = value
                if name == "data":
                    self._last_id = fields["id"]
                    self._has_ended = fields["event"] == JobStatus.COMPLETED
                    if fields["event"] == "segment":
                        self.segments.append(Segment.model_validate_json(value))


def test_a_recording_sent_to_one_backend_is_played_and_deleted_by_another(backends) -> None:
    one, two = backends
    content = recording(0, 2).read_bytes()
    location = sent(one, 0, 2)
    assert ended(two, location).status is JobStatus.COMPLETED
    part = httpx.get(
        audio_url(two, location), headers={"Range": "bytes=100-299"}, timeout=TIMEOUT_S
    )
    assert (part.status_code, part.content) == (206, content[100:300])
    assert httpx.get(audio_url(two, location), timeout=TIMEOUT_S).content == content
    assert httpx.get(f"{two.url}{location}/waveform", timeout=TIMEOUT_S).is_success
    for backend in backends:
        folder = Path(backend.environment["DATA_DIR"])
        assert not (folder / "blobs").exists()
        assert list((folder / "work").iterdir()) == []
    again = httpx.post(f"{two.url}{location}/repeat", json={}, timeout=TIMEOUT_S)
    assert again.status_code == 202, again.text
    assert ended(one, again.headers["Location"]).status is JobStatus.COMPLETED
    for each in (location, again.headers["Location"]):
        assert httpx.delete(f"{two.url}{each}", timeout=TIMEOUT_S).is_success
        assert httpx.get(audio_url(one, each), timeout=TIMEOUT_S).status_code == 404


def test_a_backend_takes_over_the_job_of_a_killed_one_and_its_events_go_on(backends, llm) -> None:
    one, two = backends
    location = sent_and_held(one, two, llm)
    follower = Follower(two, location)
    follower.start()
    assert one.process
    one.process.kill()
    one.process.wait()
    llm.delay_s = 0.0
    job = ended(two, location)
    follower.join()
    n_chunks, n_answers = len(llm.answered), llm.answered.total()
    undisturbed = ended(two, sent(two, 0, 12))
    one.start()
    one.wait_until_ready()
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert job.result
    assert undisturbed.result
    assert job.result.text == undisturbed.result.text
    assert [each.text for each in follower.segments] == [each.text for each in job.result.segments]
    assert job.progress.chunks_done == n_chunks
    assert n_answers == n_chunks, "no chunk that had an answer is transcribed again"
    assert "jobs_recovered" in two.log.read_text()


def test_a_suspended_backend_gives_up_the_jobs_that_were_taken_over(backends, llm) -> None:
    """A machine that was frozen: it must not fail, or end, what runs elsewhere by now."""
    one, two = backends
    location = sent_and_held(one, two, llm)
    n_logged = len(two.log.read_text())
    one.suspend()
    deadline = time.monotonic() + TIMEOUT_S
    while "jobs_recovered" not in two.log.read_text()[n_logged:]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    one.resume()
    while "declared_dead" not in one.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    llm.delay_s = 0.0
    job = ended(two, location)
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert job.progress.chunks_done == job.progress.chunks_total
    assert set(llm.answered.values()) == {1}
    assert ended(one, sent(one, 0, 2)).status is JobStatus.COMPLETED


def test_jobs_wait_while_the_store_is_away_and_nothing_fails(backends, llm, s3) -> None:
    one, two = backends
    two.stop()
    stored = sent(one, 0, 2)
    assert ended(one, stored).status is JobStatus.COMPLETED
    llm.delay_s = 2.0
    running, waiting = sent(one, 0, 6), sent(one, 6, 6)
    while (job := job_at(one, running)) is None or job.progress.chunks_done == 0:
        time.sleep(0.05)
    s3.hang()
    gone_at = time.monotonic()
    try:
        answer = httpx.get(audio_url(one, stored), timeout=TIMEOUT_S)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
        assert httpx.get(f"{one.url}{stored}", timeout=TIMEOUT_S).is_success
        llm.delay_s = 0.0
        assert ended(one, running).status is JobStatus.COMPLETED
        while time.monotonic() < gone_at + SHORTLY_AWAY_S:
            job = job_at(one, waiting)
            assert job
            assert not job.status.is_final
            time.sleep(0.5)
        checks = httpx.get(f"{one.url}/health/ready", timeout=TIMEOUT_S)
        assert checks.is_success
        assert checks.json()["checks"]["recordings"]["status"] == "degraded"
    finally:
        s3.resume()
    assert ended(one, waiting).status is JobStatus.COMPLETED
    assert httpx.get(audio_url(one, stored), timeout=TIMEOUT_S).is_success
    two.start()
    two.wait_until_ready()
    log = one.log.read_text()
    assert "storage_unavailable" in log
    for secret in ("test-key", "test-secret"):
        assert secret not in log


def assert_unavailable(url: str) -> None:
    """Check that a request is refused with the reason, and when to come again."""
    answer = httpx.get(url, timeout=TIMEOUT_S)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert answer.json()["detail"] == "The database cannot be reached."


def test_a_minute_without_store_and_database_loses_nothing(backends, llm, s3, postgres) -> None:
    """Both are away for `AWAY_S`, while jobs run, wait and are followed."""
    one, two = backends
    llm.delay_s = 0.0
    stored = sent(one, 24, 2)
    assert ended(one, stored).status is JobStatus.COMPLETED
    llm.answered.clear()
    llm.delay_s = 2.0
    locations = [sent(backend, 4 * n, 4) for n, backend in enumerate([one, two, one, two, one])]
    followers = [Follower(backends[n % 2], each) for n, each in enumerate(locations)]
    for follower in followers:
        follower.start()
    while llm.answered.total() < 2:
        time.sleep(0.05)
    logged = [len(backend.log.read_text()) for backend in backends]
    s3.hang()
    postgres.stop("immediate")
    gone_at = time.monotonic()
    try:
        assert_unavailable(f"{two.url}{stored}")
        while time.monotonic() < gone_at + AWAY_S:
            for backend in backends:
                checks = httpx.get(f"{backend.url}/health/ready", timeout=TIMEOUT_S)
                assert checks.status_code == 503
            time.sleep(1)
    finally:
        s3.resume()
        postgres.start()
    llm.delay_s = 0.0
    for location, follower in zip(locations, followers, strict=True):
        job = ended(two, location)
        assert_has_each_chunk_once(job)
        follower.join()
        assert job.result
        assert follower.segments == job.result.segments
        assert follower.refusals <= {503}
    n_again = llm.answered.total() - len(llm.answered)
    assert n_again <= len(locations), "only what was at the llm may be transcribed again"
    assert httpx.get(audio_url(one, stored), timeout=TIMEOUT_S).is_success
    for backend, n_chars in zip(backends, logged, strict=True):
        log = backend.log.read_text()[n_chars:]
        for wrong in ("backends_died", "declared_dead", "test-key", "test-secret"):
            assert wrong not in log
