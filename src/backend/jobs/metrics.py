"""What Prometheus is told of the jobs of this process."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from contracts.jobs import Job, JobStatus


class JobMetrics:
    """Counters of what ended here, and how many wait in the whole queue."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = Counter("transcriptions", "Jobs that ended.", ["status"], registry=registry)
        self._audio_s = Counter(
            "transcribed_audio_seconds", "Length of what was transcribed.", registry=registry
        )
        self._waiting = Gauge(
            "transcriptions_waiting", "Jobs that wait their turn.", registry=registry
        )

    def show_waiting(self, n_jobs: int) -> None:
        """Tell how many jobs wait."""
        self._waiting.set(n_jobs)

    def count_ended(self, status: JobStatus) -> None:
        """Count a job that ended."""
        self._ended.labels(status.value).inc()

    def count_transcribed(self, job: Job) -> None:
        """Add the length of what the model was given; a copy costs it nothing."""
        if not job.cached:
            self._audio_s.inc(job.progress.total_s)
