"""What `/metrics` tells of the model's work."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class InferenceMetrics:
    """Counters of chunks, audio and time; the state of the queue."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.chunks = Counter("llm_chunks", "Chunks by outcome.", ["outcome"], registry=registry)
        self.audio_s = Counter("llm_audio_seconds", "Audio recognised.", registry=registry)
        self.inference_s = Counter(
            "llm_inference_seconds", "Time the model worked.", registry=registry
        )
        self.queue_depth = Gauge("llm_queue_depth", "Chunks that wait.", registry=registry)
        self.batch_size = Histogram(
            "llm_batch_size",
            "Chunks given to the model at once.",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )
