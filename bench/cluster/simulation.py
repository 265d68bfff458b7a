"""Follow each chunk of each recording through queues, replicas, database and object storage."""

import random
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from bench.cluster.parameters import Cluster, Kind, Recordings, ServiceTimes, Workload
from llm.batching import LENGTH_RATIO, MAX_BATCH_AUDIO_S

Steps = Generator[simpy.Event, Any, None]


@dataclass
class Result:
    """What happened.

    Attributes:
        latencies: seconds from arrival to the stored result, of the recordings that ended.
        n_arrived, n_ended: recordings.
        speech_s: seconds of speech in the recordings that ended.
        busy: share of the time for which each part was busy; over 1: it falls behind.
        n_resent: chunks that were sent again after a failure.
    """

    latencies: dict[Kind, list[float]] = field(default_factory=lambda: defaultdict(list))
    n_arrived: int = 0
    n_ended: int = 0
    speech_s: float = 0.0
    busy: dict[str, float] = field(default_factory=dict)
    n_resent: int = 0


@dataclass(eq=False)
class Chunk:
    """A chunk at the llm; `done` succeeds once it is transcribed."""

    length_s: float
    arrived: float
    done: simpy.Event

    @property
    def due(self) -> float:
        """When it should start at the latest; see `llm.batching`."""
        return self.arrived + self.length_s

    def fits_with(self, other: "Chunk") -> bool:
        """Whether both can share a batch."""
        shorter, longer = sorted((self.length_s, other.length_s))
        return longer <= LENGTH_RATIO * shorter


class Server:
    """Serves one request after another at a fixed rate, in the order of arrival.

    Args:
        rate: units a second.
    """

    def __init__(self, env: simpy.Environment, rate: float) -> None:
        self._env = env
        self._rate = rate
        self._free_at = 0.0
        self.requested_s = 0.0

    def serve(self, units: float) -> simpy.Event:
        """Return the event of the end of a request."""
        work_s = units / self._rate
        self.requested_s += work_s
        self._free_at = max(self._free_at, self._env.now) + work_s
        return self._env.timeout(self._free_at - self._env.now)


class Replica:
    """An llm: collects chunks into batches, as `llm.batching.BatchQueue` does.

    Attributes:
        is_ready: false from a failure until it has started again.
        busy_s: seconds of its batches, those that a failure ended included.
    """

    def __init__(self, env: simpy.Environment, cluster: Cluster, times: ServiceTimes) -> None:
        self._env = env
        self._cluster = cluster
        self._times = times
        self._arrival = env.event()
        self.waiting: list[Chunk] = []
        self.batch: list[Chunk] = []
        self.is_ready = True
        self.busy_s = 0.0
        self._process = env.process(self._run())

    @property
    def load(self) -> int:
        """The number of its chunks."""
        return len(self.waiting) + len(self.batch)

    def add(self, chunk: Chunk) -> None:
        """Queue a chunk."""
        self.waiting.append(chunk)
        if not self._arrival.triggered:
            self._arrival.succeed()

    def fail(self) -> list[Chunk]:
        """End what runs, start again, and return the chunks that are lost."""
        chunks, self.batch, self.waiting = self.batch + self.waiting, [], []
        self.is_ready = False
        self._process.interrupt()
        return chunks

    def _run(self) -> Steps:
        while True:
            try:
                yield from self._run_batch()
            except simpy.Interrupt:
                yield self._env.timeout(self._cluster.restart_s)
                self.is_ready = True

    def _run_batch(self) -> Steps:
        if not self.waiting:
            self._arrival = self._env.event()
            yield self._arrival
        if len(self.waiting) < self._cluster.max_batch:
            yield self._env.timeout(self._times.gather_s)
        self.batch = self._take_batch()
        seconds = batch_s([chunk.length_s for chunk in self.batch], self._cluster, self._times)
        self.busy_s += seconds
        yield self._env.timeout(seconds)
        for chunk in self.batch:
            chunk.done.succeed()
        self.batch = []

    def _take_batch(self) -> list[Chunk]:
        batch: list[Chunk] = []
        left_s = MAX_BATCH_AUDIO_S
        for chunk in sorted(self.waiting, key=lambda chunk: chunk.due):
            if len(batch) == self._cluster.max_batch:
                break
            if not batch or (chunk.fits_with(batch[0]) and chunk.length_s <= left_s):
                batch.append(chunk)
                left_s -= chunk.length_s
        self.waiting = [chunk for chunk in self.waiting if chunk not in batch]
        return batch


def batch_s(lengths: list[float], cluster: Cluster, times: ServiceTimes) -> float:
    """Return the seconds that a replica takes for a batch of chunks of these lengths."""
    core_s = len(lengths) * times.chunk_overhead_s + sum(lengths) * times.llm_core_s
    return core_s / cluster.replica_cores


class Simulation:
    """All parts together.

    Args:
        speech_per_s: seconds of speech that arrive in a second.
        seed: of the arrivals, lengths and failures.
    """

    def __init__(
        self,
        workload: Workload,
        times: ServiceTimes,
        cluster: Cluster,
        *,
        speech_per_s: float,
        seed: int = 0,
    ) -> None:
        self._workload = workload
        self._times = times
        self._cluster = cluster
        self._speech_per_s = speech_per_s
        self._chance = random.Random(seed)
        self._env = env = simpy.Environment()
        self._database = Server(env, times.transactions_per_s)
        self._blobs = Server(env, times.blob_bytes_per_s)
        self._decoding = Server(env, cluster.backends * cluster.backend_cores)
        per_backend = {Kind.DICTATION: cluster.dictations}
        self._places = {
            kind: simpy.Resource(env, cluster.backends * per_backend.get(kind, cluster.recordings))
            for kind in workload.kinds
        }
        self._held_s = dict.fromkeys(self._places, 0.0)
        self._replicas = [Replica(env, cluster, times) for _ in range(cluster.n_replicas)]
        self._result = Result()

    def run(self, duration_s: float) -> Result:
        """Run for a time from the first arrival on."""
        for kind, recordings in self._workload.kinds.items():
            self._env.process(self._arrive(kind, recordings))
        if self._cluster.replica_mtbf_s:
            self._env.process(self._fail())
        self._env.run(until=duration_s)
        busy_s = sum(replica.busy_s for replica in self._replicas)
        self._result.busy = {
            "llm": busy_s / duration_s / len(self._replicas),
            "database": self._database.requested_s / duration_s,
            "object storage": self._blobs.requested_s / duration_s,
            "decoding": self._decoding.requested_s / duration_s,
        } | {
            f"places for {kind}": self._held_s[kind] / duration_s / place.capacity
            for kind, place in self._places.items()
        }
        return self._result

    def _arrive(self, kind: Kind, recordings: Recordings) -> Steps:
        per_s = self._speech_per_s * recordings.share_of_speech / _mean_s(recordings)
        while True:
            yield self._env.timeout(self._chance.expovariate(per_s))
            length_s = _length_s(self._chance, recordings)
            self._result.n_arrived += 1
            self._env.process(self._transcribe(kind, length_s))

    def _transcribe(self, kind: Kind, length_s: float) -> Steps:
        arrived = self._env.now
        n_bytes = length_s * self._workload.bytes_per_s
        yield self._blobs.serve(n_bytes)
        yield self._database.serve(self._times.job_transactions)
        with self._places[kind].request() as place:
            yield place
            started = self._env.now
            yield self._blobs.serve(n_bytes)
            yield self._decoding.serve(length_s * self._times.prepare_core_s)
            yield from self._transcribe_chunks(length_s)
            self._held_s[kind] += self._env.now - started
        self._result.latencies[kind].append(self._env.now - arrived)
        self._result.n_ended += 1
        self._result.speech_s += length_s

    def _transcribe_chunks(self, length_s: float) -> Steps:
        """Keep several chunks at the llm, and store each result."""
        n_chunks = max(round(length_s / self._times.chunk_s), 1)
        at_llm: set[simpy.Event] = set()
        for _ in range(n_chunks):
            if len(at_llm) == self._cluster.chunks_at_once:
                yield simpy.AnyOf(self._env, at_llm)
                ended = {chunk for chunk in at_llm if chunk.processed}
                at_llm -= ended
                self._database.serve(len(ended) * self._times.chunk_transactions)
            at_llm.add(self._send(length_s / n_chunks))
        yield simpy.AllOf(self._env, at_llm)
        yield self._database.serve(len(at_llm) * self._times.chunk_transactions)

    def _send(self, length_s: float) -> simpy.Event:
        chunk = Chunk(length_s, self._env.now, self._env.event())
        self._route(chunk)
        return chunk.done

    def _route(self, chunk: Chunk) -> None:
        """Choose the less busy of two ready replicas, as Ray Serve does."""
        ready = [each for each in self._replicas if each.is_ready] or self._replicas
        some = self._chance.sample(ready, min(2, len(ready)))
        min(some, key=lambda replica: replica.load).add(chunk)

    def _fail(self) -> Steps:
        while True:
            rate = len(self._replicas) / self._cluster.replica_mtbf_s
            yield self._env.timeout(self._chance.expovariate(rate))
            if ready := [each for each in self._replicas if each.is_ready]:
                chunks = self._chance.choice(ready).fail()
                self._result.n_resent += len(chunks)
                self._env.process(self._resend(chunks))

    def _resend(self, chunks: list[Chunk]) -> Steps:
        yield self._env.timeout(self._cluster.resend_s)
        for chunk in chunks:
            self._route(chunk)


def _length_s(chance: random.Random, recordings: Recordings) -> float:
    length_s = chance.expovariate(1 / recordings.mean_s)
    return min(max(length_s, recordings.min_s), recordings.max_s)


def _mean_s(recordings: Recordings) -> float:
    """Return the mean of the lengths within their limits."""
    chance = random.Random(0)
    return sum(_length_s(chance, recordings) for _ in range(20_000)) / 20_000
