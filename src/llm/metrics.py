"""Prometheus metrics of inference."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class InferenceMetrics:
    """Counters of chunks, audio and time, and the length of the queue, for one kind of requests.

    Args:
        registry: to add the metrics to.
        prefix: of their names.
    """

    def __init__(self, registry: CollectorRegistry, prefix: str = "llm") -> None:
        self.chunks = Counter(
            f"{prefix}_chunks", "Chunks by outcome.", ["outcome"], registry=registry
        )
        self.audio_s = Counter(f"{prefix}_audio_seconds", "Seconds of audio.", registry=registry)
        self.inference_s = Counter(
            f"{prefix}_inference_seconds", "Seconds of inference.", registry=registry
        )
        self.queue_depth = Gauge(f"{prefix}_queue_depth", "Chunks in the queue.", registry=registry)
        self.batch_size = Histogram(
            f"{prefix}_batch_size",
            "Chunks per batch.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
