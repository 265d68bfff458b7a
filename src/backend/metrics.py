"""Prometheus metrics of the jobs of this process."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from contracts.jobs import Job, JobStatus


class JobMetrics:
    """Counts the jobs that ended in this process, and those that wait in all."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = Counter("transcriptions", "Jobs that ended.", ["status"], registry=registry)
        self._audio_s = Counter(
            "transcribed_audio_seconds", "Length of the transcribed audio.", registry=registry
        )
        self._waiting = Gauge("transcriptions_waiting", "Jobs in the queue.", registry=registry)

    def set_waiting(self, n_jobs: int) -> None:
        """Set the number of waiting jobs."""
        self._waiting.set(n_jobs)

    def count_ended(self, status: JobStatus) -> None:
        """Count a job that ended."""
        self._ended.labels(status.value).inc()

    def count_transcribed(self, job: Job) -> None:
        """Add the length of a recording, unless its result was copied."""
        if not job.cached:
            self._audio_s.inc(job.progress.total_s)
