"""An llm that answers at once, or after a while: for what is about the backend, not about words.

`tests/contract/test_llm_client.py` holds the client to the real one.
"""

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, Request, Response

from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from contracts.models import Health, HealthStatus, ModelIdentity, ModelInfo, ModelList, ModelState
from contracts.transcription import ChunkSegment, ChunkTimings, ChunkTranscript

MODEL = ModelIdentity(name="instant", revision="1", engine="none", device="cpu")


@dataclass
class StandInLlm:
    """What the llm is to do, and what it did.

    Attributes:
        port: where it answers.
        delay_s: seconds that a chunk takes.
        status: what each chunk is answered with; all but 200 are failures.
        begun, answered: how often each chunk came, and how often it was answered, by digest.
        n_dropped: chunks whose client hung up before the answer.
    """

    port: int = 0
    delay_s: float = 0.0
    status: int = 200
    model: ModelIdentity = field(default_factory=lambda: MODEL)
    begun: Counter[str] = field(default_factory=Counter[str])
    answered: Counter[str] = field(default_factory=Counter[str])
    n_dropped: int = 0

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/health/ready")
        async def ready() -> Health:
            return Health(status=HealthStatus.READY, checks={})

        @app.get("/v1/models")
        async def models() -> ModelList:
            row = self.model.model_dump(exclude={"name"})
            return ModelList(data=[ModelInfo(id=self.model.name, state=ModelState.READY, **row)])

        @app.post("/v1/transcribe")
        async def transcribe(request: Request) -> Response:
            pcm = await request.body()
            digest = hashlib.sha256(pcm).hexdigest()
            self.begun[digest] += 1
            if await self._is_dropped(request):
                self.n_dropped += 1
                return Response(status_code=499)
            if self.status != 200:
                return Response(status_code=self.status)
            self.answered[digest] += 1
            answer = _answer(pcm, digest, self.model)
            return Response(answer.model_dump_json(), media_type="application/json")

        return app

    async def _is_dropped(self, request: Request) -> bool:
        """Take as long as a chunk takes; tell whether the client went away meanwhile."""
        end = asyncio.get_running_loop().time() + self.delay_s
        while (left := end - asyncio.get_running_loop().time()) > 0:
            if await request.is_disconnected():
                return True
            await asyncio.sleep(min(0.02, left))
        return False


def _answer(pcm: bytes, digest: str, model: ModelIdentity) -> ChunkTranscript:
    """Return words that are of this chunk alone, so that one that is lost or moved is seen."""
    duration_s = len(pcm) / SAMPLE_WIDTH_BYTES / SAMPLE_RATE
    segment = ChunkSegment(
        start=0,
        end=duration_s,
        text=f"слово {digest[:16]} за слово " * 5,
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
        model=model,
        timings=ChunkTimings(queue_s=0, inference_s=0.001, batch_size=1),
    )


@contextmanager
def instant_llm(port: int, llm: StandInLlm | None = None) -> Iterator[StandInLlm]:
    """Answer on a port of this machine."""
    llm = llm or StandInLlm()
    llm.port = port
    server = uvicorn.Server(uvicorn.Config(llm.app(), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield llm
    finally:
        server.should_exit = True
        thread.join()
