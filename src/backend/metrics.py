"""Prometheus metrics of the jobs, the stages and the requests to the llm."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from backend.storage.database import QueueLoad, QueueName
from contracts.jobs import JobStatus, Stage
from contracts.problems import Problem

_REQUEST_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_STAGE_BUCKETS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 10_800)
_WAIT_BUCKETS = (0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 10_800, 43_200, 86_400)


class JobMetrics:
    """Measures the jobs of this process, and the queues that it shares with other processes.

    Args:
        registry: to add the metrics to.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._unfinished = Gauge(
            "transcription_jobs_unfinished",
            "Jobs that wait or run, in all processes on this database; those that wait for "
            "another job's result are left out.",
            ["queue", "status"],
            registry=registry,
        )
        self._oldest = Gauge(
            "transcription_oldest_queued_job_age_seconds",
            "Time that the next job of a queue has waited for; 0: none waits.",
            ["queue"],
            registry=registry,
        )
        self._ended = Counter(
            "transcription_jobs_ended",
            "Jobs that ended in this process; `problem` says why one failed.",
            ["status", "problem"],
            registry=registry,
        )
        self._audio = Counter(
            "transcription_audio_seconds",
            "Length of the transcribed recordings, without copied results.",
            ["queue"],
            registry=registry,
        )
        self._waited = Histogram(
            "transcription_queue_duration_seconds",
            "Time from the queueing of a transcribed recording to its start.",
            ["queue"],
            buckets=_WAIT_BUCKETS,
            registry=registry,
        )
        self._duration = Histogram(
            "transcription_job_duration_seconds",
            "Time from the queueing of a transcribed recording to its transcript.",
            ["queue"],
            buckets=_WAIT_BUCKETS,
            registry=registry,
        )
        self._stages = Histogram(
            "transcription_stage_duration_seconds",
            "Time that a job spent in a stage.",
            ["stage"],
            buckets=_STAGE_BUCKETS,
            registry=registry,
        )
        self._event_streams = Gauge(
            "transcription_event_streams", "Open event streams.", registry=registry
        )
        self._free_disk = Gauge(
            "transcription_disk_free_bytes", "Free space in DATA_DIR.", registry=registry
        )
        # a rate misses the first event of a series that does not exist from the start
        for status in (JobStatus.COMPLETED, JobStatus.CANCELLED):
            self._ended.labels(status, "")
        for queue in QueueName:
            self._audio.labels(queue)
            self._waited.labels(queue)
            self._duration.labels(queue)

    def set_queues(self, loads: Iterable[QueueLoad]) -> None:
        """Set the numbers and the age of the unfinished jobs."""
        for load in loads:
            self._unfinished.labels(load.queue, JobStatus.QUEUED).set(load.n_queued)
            self._unfinished.labels(load.queue, JobStatus.RUNNING).set(load.n_running)
            self._oldest.labels(load.queue).set(load.oldest_queued_s)

    def count_ended(self, status: JobStatus, problem: Problem | None = None) -> None:
        """Count a job that ended, with the reason if it failed."""
        slug = problem.type.rpartition("/")[2] if problem else ""
        self._ended.labels(status, slug).inc()

    def observe_transcribed(
        self, queue: QueueName, *, audio_s: float, waited_s: float, duration_s: float
    ) -> None:
        """Measure a recording whose transcript was made, not copied.

        Args:
            waited_s: from its queueing to its start.
            duration_s: from its queueing to its end.
        """
        self._audio.labels(queue).inc(audio_s)
        self._waited.labels(queue).observe(waited_s)
        self._duration.labels(queue).observe(duration_s)

    def time_stage(self, stage: Stage) -> AbstractContextManager[object]:
        """Return a context that measures a stage of a job."""
        return self._stages.labels(stage).time()

    def watch(self, *, n_event_streams: Callable[[], int], free_bytes: Callable[[], int]) -> None:
        """Read these values whenever the metrics are read."""
        self._event_streams.set_function(n_event_streams)
        self._free_disk.set_function(free_bytes)


class LlmMetrics:
    """Measures the requests to the llm.

    Args:
        registry: to add the metrics to.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._durations = Histogram(
            "transcription_llm_request_duration_seconds",
            "Time of one request to the llm, without the waiting between retries.",
            ["route", "status"],
            buckets=_REQUEST_BUCKETS,
            registry=registry,
        )

    def observe(self, route: str, status: int, duration_s: float) -> None:
        """Measure a request.

        Args:
            status: of the response; 0: there was none.
        """
        self._durations.labels(route, status).observe(duration_s)
