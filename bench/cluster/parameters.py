"""What the simulation assumes of the services, of their clients and of the machines.

A default that says "measured" comes from docs/PERFORMANCE.md; the others are assumptions.
"""

from dataclasses import dataclass, field
from enum import StrEnum

DAY_S = 86_400


class Kind(StrEnum):
    """The kinds of recordings, each with a queue of its own."""

    DICTATION = "dictation"
    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True)
class Recordings:
    """Recordings of one kind.

    Attributes:
        share_of_speech: of all seconds of speech that arrive.
        mean_s: mean length; the lengths are distributed exponentially between the limits.
    """

    share_of_speech: float
    mean_s: float
    min_s: float
    max_s: float


@dataclass(frozen=True)
class Workload:
    """What the clients send, and when: at random, independently of one another.

    Attributes:
        bytes_per_s: of a recording's file.
    """

    kinds: dict[Kind, Recordings] = field(
        default_factory=lambda: {
            Kind.DICTATION: Recordings(0.05, 8.0, 1.0, 30.0),
            Kind.SHORT: Recordings(0.25, 180.0, 30.0, 600.0),
            Kind.LONG: Recordings(0.70, 2400.0, 600.0, 4 * 3600.0),
        }
    )
    bytes_per_s: float = 16_000.0


@dataclass(frozen=True)
class ServiceTimes:
    """Seconds of work, and capacities.

    Attributes:
        llm_core_s: core-seconds of the llm for a second of speech. Measured: a reading of 528 s
            takes 15.8 s end to end on two cores, whisper-base, less what the backend does.
        prepare_core_s: core-seconds of the backend for a second of speech. Measured: decode,
            detect speech, measure and cut take 2.3 s of 528.
        chunk_s: mean length of a chunk. Measured: 23 of 528 s.
        chunk_overhead_s: core-seconds for each chunk, however short.
        gather_s: wait of the llm for more chunks before a batch.
        job_transactions, chunk_transactions: that commit, of a job and of each of its chunks.
        transactions_per_s: that the database commits.
        blob_bytes_per_s: of the object storage, in both directions together.
    """

    llm_core_s: float = 0.0555
    prepare_core_s: float = 0.0043
    chunk_s: float = 23.0
    chunk_overhead_s: float = 0.05
    gather_s: float = 0.02
    job_transactions: int = 16
    chunk_transactions: int = 4
    transactions_per_s: float = 2000.0
    blob_bytes_per_s: float = 1.25e9

    @property
    def core_s(self) -> float:
        """Core-seconds of all services for a second of speech in chunks of mean length."""
        return self.prepare_core_s + self.llm_core_s + self.chunk_overhead_s / self.chunk_s


@dataclass(frozen=True)
class Cluster:
    """The machines.

    Attributes:
        n_replicas: of the llm.
        replica_cores: cores of each.
        max_batch: most chunks in a batch; half of the default of `LLM_MAX_BATCH_SIZE`.
        n_backends: 0: one for each four replicas.
        backend_cores: cores of each.
        dictations, recordings: that a backend transcribes at once: dictations, and short as well as
            long recordings.
        chunks_of_job: of one recording at the llm at once; 0: a batch for each replica, up to 256.
            A backend sends half a batch more.
        replica_mtbf_s: mean time between two failures of a replica; 0: they do not fail.
        restart_s: from a failure until the replica is ready.
        resend_s: from a failure until the backend sends the chunks again.
    """

    n_replicas: int = 1
    replica_cores: float = 2.0
    max_batch: int = 8
    n_backends: int = 0
    backend_cores: float = 2.0
    dictations: int = 16
    recordings: int = 1
    chunks_of_job: int = 0
    replica_mtbf_s: float = 0.0
    restart_s: float = 60.0
    resend_s: float = 1.0

    @property
    def backends(self) -> int:
        """The number of backends."""
        return self.n_backends or -(-self.n_replicas // 4)

    @property
    def chunks_at_once(self) -> int:
        """The chunks of one recording at the llm at once."""
        return self.chunks_of_job or min(self.max_batch * self.n_replicas, 256)

    def speech_per_s(self, times: ServiceTimes) -> float:
        """Seconds of speech that the llm can transcribe in a second."""
        per_speech_s = times.llm_core_s + times.chunk_overhead_s / times.chunk_s
        return self.n_replicas * self.replica_cores / per_speech_s
