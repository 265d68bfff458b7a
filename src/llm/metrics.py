"""Prometheus metrics of inference."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class InferenceMetrics:
    """Counters of chunks, audio and time, and the length of the queue."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.chunks = Counter("llm_chunks", "Chunks by outcome.", ["outcome"], registry=registry)
        self.audio_s = Counter(
            "llm_audio_seconds", "Seconds of recognised audio.", registry=registry
        )
        self.inference_s = Counter(
            "llm_inference_seconds", "Seconds of inference.", registry=registry
        )
        self.queue_depth = Gauge("llm_queue_depth", "Chunks in the queue.", registry=registry)
        self.batch_size = Histogram(
            "llm_batch_size",
            "Chunks per batch.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
