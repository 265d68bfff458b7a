"""An llm that answers at once: for what is about the backend, not about words.

`tests/contract/test_llm_client.py` holds the client to the real one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI, Request

from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from contracts.models import Health, HealthStatus, ModelIdentity
from contracts.transcription import ChunkSegment, ChunkTimings, ChunkTranscript

MODEL = ModelIdentity(name="instant", revision="1", engine="none", device="cpu")


def _app() -> FastAPI:
    app = FastAPI()

    @app.get("/health/ready")
    async def ready() -> Health:
        return Health(status=HealthStatus.READY, checks={})

    @app.post("/v1/transcribe")
    async def transcribe(request: Request) -> ChunkTranscript:
        duration_s = len(await request.body()) / SAMPLE_WIDTH_BYTES / SAMPLE_RATE
        segment = ChunkSegment(
            start=0,
            end=duration_s,
            text="слово за слово " * 10,
            avg_logprob=-0.1,
            no_speech_prob=0,
            compression_ratio=1,
        )
        return ChunkTranscript(
            text=segment.text,
            language="ru",
            language_probability=1,
            duration_s=duration_s,
            segments=[segment],
            model=MODEL,
            timings=ChunkTimings(queue_s=0, inference_s=0.001, batch_size=1),
        )

    return app


@contextmanager
def instant_llm(port: int) -> Iterator[None]:
    """Answer on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(_app(), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
