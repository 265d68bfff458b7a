"""If this fails, a cluster loses jobs or does work twice when replicas, nodes or backends die."""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import httpx
import pytest

from contracts.jobs import Job, JobStatus
from integration.client import send
from integration.postgres_server import running_postgres
from integration.ray_nodes import RayNodes, running_nodes
from integration.test_shared_queue import create, recording
from testbed.services import Service, running_service

pytestmark = [pytest.mark.slow, pytest.mark.cluster]

N_KILLS = 20
SEED = 1
PAUSE_S = (1.0, 6.0)
N_SENDERS = 2
TIMEOUT_S = 600


@pytest.fixture
def nodes() -> Iterator[RayNodes]:
    with running_nodes(n_nodes=2, n_replicas=3) as nodes:
        yield nodes


@pytest.fixture
def backends(nodes: RayNodes, tmp_path: Path) -> Iterator[list[Service]]:
    with ExitStack() as stack:
        shared = {
            "DATABASE_URL": stack.enter_context(running_postgres()).new_database(),
            "BLOB_STORE_URL": f"file:{create(tmp_path / 'recordings')}",
            "HEARTBEAT_S": "1",
            "HEARTBEAT_TIMEOUT_S": "8",
            "LLM_URL": nodes.url,
        }
        yield [
            stack.enter_context(running_service("backend", create(tmp_path / name), **shared))
            for name in ("one", "two")
        ]


class Clients:
    """Send recordings and dictations until told to stop; a client tries again after an error.

    Attributes:
        locations: of the jobs, in order.
        latencies: seconds of each dictation, from sending it to its text.
    """

    def __init__(self, backends: list[Service]) -> None:
        self._backends = backends
        self._is_over = threading.Event()
        self._numbers = count()
        self.locations: list[str] = []
        self.latencies: list[float] = []
        senders = [threading.Thread(target=self._send_recordings) for _ in range(N_SENDERS)]
        self._threads = [*senders, threading.Thread(target=self._dictate)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more, and wait for the requests that run."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def ended(self, location: str) -> Job:
        """Return a job once it has ended, from whichever backend answers."""
        deadline = time.monotonic() + TIMEOUT_S
        for backend in self._in_turns():
            assert time.monotonic() < deadline, location
            try:
                answer = httpx.get(backend.url + location, timeout=10)
            except httpx.TransportError:
                continue
            if answer.is_success:
                job = Job.model_validate_json(answer.content)
                if job.status.is_final:
                    return job
        raise AssertionError("the backends take turns for ever")

    def _send_recordings(self) -> None:
        while not self._is_over.is_set():
            self.ended(self._sent(n_sentences=6))

    def _dictate(self) -> None:
        while not self._is_over.is_set():
            started = time.monotonic()
            self.ended(self._sent(n_sentences=1))
            self.latencies.append(time.monotonic() - started)

    def _sent(self, n_sentences: int) -> str:
        """Send a recording that no other one equals; return the path of its job."""
        file = recording(next(self._numbers) * 3, n_sentences)
        for backend in self._in_turns():
            try:
                answer = send(backend.url, file, chunk_length_s=5)
            except httpx.TransportError:
                continue
            if answer.status_code == 202:
                self.locations.append(answer.headers["Location"])
                return self.locations[-1]
        raise AssertionError("the backends take turns for ever")

    def _in_turns(self) -> Iterator[Service]:
        for number in count():
            yield self._backends[number % len(self._backends)]
            time.sleep(0.2)


def kill_at_random_moments(nodes: RayNodes, backends: list[Service]) -> Counter[str]:
    """Kill replicas, nodes and backends; return how many of each."""
    chance = random.Random(SEED)
    killed: Counter[str] = Counter()
    for _ in range(N_KILLS):
        time.sleep(chance.uniform(*PAUSE_S))
        kind = chance.choice(["replica", "node", "backend"])
        killed[kind] += 1
        if kind == "replica":
            nodes.kill_replica(chance)
        elif kind == "node":
            nodes.kill_node(chance)
        else:
            backend = chance.choice(backends)
            assert backend.process
            backend.process.kill()
            backend.process.wait()
            backend.start()
            backend.wait_until_ready()
    return killed


def test_twenty_kills_lose_no_job_and_no_dictation_and_repeat_no_chunk(nodes, backends) -> None:
    clients = Clients(backends)
    try:
        killed = kill_at_random_moments(nodes, backends)
    finally:
        clients.stop()
    n_again = 0
    for location in clients.locations:
        job = clients.ended(location)
        assert (job.status, job.error) == (JobStatus.COMPLETED, None)
        assert job.progress.chunks_done == job.progress.chunks_total
        assert job.result
        digests = Counter(re.findall("[0-9a-f]{16}", job.result.text))
        assert len(digests) >= job.progress.chunks_total
        n_again += sum(n_times > 5 for n_times in digests.values())
    print(  # noqa: T201  # the figures
        f"{killed}, {len(clients.locations)} jobs, {len(clients.latencies)} dictations, "
        f"the slowest {max(clients.latencies):.1f} s"
    )
    assert n_again == 0
    assert set(killed) == {"replica", "node", "backend"}
