"""Prometheus metrics of inference."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_DURATION_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64)
_OUTCOMES = ("finished", "failed", "refused", "abandoned")


class InferenceMetrics:
    """The metrics of all tasks: transcription, punctuation and speakers.

    Args:
        registry: to add the metrics to.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.chunks = Counter(
            "llm_chunks",
            f"Chunks by outcome: {', '.join(_OUTCOMES)}.",
            ["task", "outcome"],
            registry=registry,
        )
        self.audio = Counter(
            "llm_audio_seconds", "Length of the finished chunks.", ["task"], registry=registry
        )
        self.queued = Gauge(
            "llm_queued_chunks", "Chunks in the queue.", ["task"], registry=registry
        )
        self.queue_duration = Histogram(
            "llm_queue_duration_seconds",
            "Time from the arrival of a chunk to the start of its batch.",
            ["task"],
            buckets=_DURATION_BUCKETS,
            registry=registry,
        )
        self.batch_duration = Histogram(
            "llm_batch_duration_seconds",
            "Time that the model took for a batch.",
            ["task"],
            buckets=_DURATION_BUCKETS,
            registry=registry,
        )
        self.batch_chunks = Histogram(
            "llm_batch_chunks",
            "Chunks in a batch.",
            ["task"],
            buckets=_BATCH_BUCKETS,
            registry=registry,
        )


class TaskMetrics:
    """The metrics of one task.

    Args:
        metrics: of all tasks.
        task: `transcribe`, `punctuate` or `segment_speakers`.
        n_queued: returns the number of chunks in its queue.
    """

    def __init__(self, metrics: InferenceMetrics, task: str, n_queued: Callable[[], int]) -> None:
        self._outcomes = {outcome: metrics.chunks.labels(task, outcome) for outcome in _OUTCOMES}
        self._audio = metrics.audio.labels(task)
        self._queue_duration = metrics.queue_duration.labels(task)
        self._batch_duration = metrics.batch_duration.labels(task)
        self._batch_chunks = metrics.batch_chunks.labels(task)
        metrics.queued.labels(task).set_function(n_queued)

    def count(self, outcome: str, n_chunks: int = 1) -> None:
        """Count chunks that were not finished: `failed`, `refused` or `abandoned`."""
        self._outcomes[outcome].inc(n_chunks)

    def observe_batch(
        self, queue_s: Iterable[float], *, audio_s: float, inference_s: float
    ) -> None:
        """Measure a finished batch.

        Args:
            queue_s: the seconds that each of its chunks waited.
            audio_s: length of all its chunks.
        """
        n_chunks = 0
        for waited_s in queue_s:
            self._queue_duration.observe(waited_s)
            n_chunks += 1
        self._outcomes["finished"].inc(n_chunks)
        self._audio.inc(audio_s)
        self._batch_duration.observe(inference_s)
        self._batch_chunks.observe(n_chunks)
