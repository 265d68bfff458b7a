"""A stand-in for the llm that answers at once: for tests of the backend, not of recognition.

`tests/contract/test_llm_client.py` checks the backend's client against the real llm.
"""

import asyncio
import hashlib
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, auto
from itertools import accumulate, pairwise
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from contracts.models import Health, HealthStatus, ModelIdentity, ModelInfo, ModelList, ModelState
from contracts.speakers import MAX_VOICE_TURN_S, SpeakerSegmentation, VoiceSpan
from contracts.transcription import ChunkSegment, ChunkTimings, ChunkTranscript, Word

_START_S = 0.2
"""A text that begins at the very edge of a chunk would be looked for before it, too."""

VOICES_JOURNAL = "voices:"
"""Precedes the digests of stretches in the journal, to distinguish them from chunks."""

_TURNS_S = ((0.0, 33.0), (33.0, 55.0))
"""When each of two voices speaks in 55 s, the time from one stretch to the next: so that stretches
agree on what they share."""

MODEL = ModelIdentity(name="instant", revision="1", engine="none", device="cpu")


class Fault(StrEnum):
    """A way in which the llm fails to answer a chunk."""

    ERROR = auto()
    BUSY = auto()
    GARBAGE = auto()
    HANG = auto()
    CUT = auto()


@dataclass
class StandInLlm:
    """Configure the answers, and count the requests.

    Attributes:
        port: TCP port it listens on.
        delay_s: seconds to wait before each answer.
        n_words: words in each chunk's text.
        faults: failures of the next chunks, one each.
        journal: file to which the digest of each answered request is appended; it survives a kill.
        status: HTTP status of each answer; everything but 200 is a failure.
        begun, answered: requests and answers of each chunk, by digest.
        n_dropped: requests whose client disconnected before the answer.
    """

    port: int = 0
    delay_s: float = 0.0
    n_words: int = 20
    status: int = 200
    faults: deque[Fault] = field(default_factory=deque[Fault])
    journal: Path | None = None
    model: ModelIdentity = field(default_factory=lambda: MODEL)
    begun: Counter[str] = field(default_factory=Counter[str])
    answered: Counter[str] = field(default_factory=Counter[str])
    n_dropped: int = 0

    def app(self) -> FastAPI:
        """Return the application that answers like the llm."""
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
            if self.faults:
                return await _fail(self.faults.popleft(), request)
            if self.status != 200:
                return Response(status_code=self.status)
            self.answered[digest] += 1
            self._write_journal(digest)
            answer = _answer(pcm, digest, self.model, self.n_words)
            answer.timings.inference_s = self.delay_s
            if request.query_params.get("word_timestamps") == "true":
                answer.segments[0].words = _words(answer.segments[0])
            return Response(answer.model_dump_json(), media_type="application/json")

        @app.post("/v1/speaker-segmentation")
        async def segment_speakers(request: Request) -> Response:
            pcm = await request.body()
            if await self._is_dropped(request):
                return Response(status_code=499)
            self._write_journal(VOICES_JOURNAL + hashlib.sha256(pcm).hexdigest())
            found = _two_voices(len(pcm) / SAMPLE_WIDTH_BYTES / SAMPLE_RATE)
            return Response(found.model_dump_json(), media_type="application/json")

        return app

    def _write_journal(self, line: str) -> None:
        if self.journal:
            with self.journal.open("a") as journal:
                journal.write(f"{line}\n")

    async def _is_dropped(self, request: Request) -> bool:
        """Wait for `delay_s`; return whether the client disconnected meanwhile."""
        end = asyncio.get_running_loop().time() + self.delay_s
        while (left := end - asyncio.get_running_loop().time()) > 0:
            if await request.is_disconnected():
                return True
            await asyncio.sleep(min(0.02, left))
        return False


async def _fail(fault: Fault, request: Request) -> Response:
    match fault:
        case Fault.ERROR:
            return Response(status_code=500)
        case Fault.BUSY:
            return Response(status_code=503)
        case Fault.GARBAGE:
            return Response('{"text": ]', media_type="application/json")
        case Fault.HANG:
            while not await request.is_disconnected():
                await asyncio.sleep(0.02)
            return Response(status_code=499)
        case Fault.CUT:
            promised = {"Content-Length": "1000"}
            return StreamingResponse(_first_bytes(), headers=promised)


async def _first_bytes() -> AsyncIterator[bytes]:
    yield b'{"text": "'


def _answer(pcm: bytes, digest: str, model: ModelIdentity, n_words: int) -> ChunkTranscript:
    """Return a text that contains the chunk's digest, so that a lost or moved chunk is visible."""
    duration_s = len(pcm) / SAMPLE_WIDTH_BYTES / SAMPLE_RATE
    segment = ChunkSegment(
        start=min(_START_S, duration_s),
        end=duration_s,
        text=f"слово {digest[:16]} за слово " * (n_words // 4),
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


def _two_voices(duration_s: float) -> SpeakerSegmentation:
    """Return the turns of two voices that alternate, with embeddings that are orthogonal."""
    period_s = _TURNS_S[-1][1]
    turns: list[VoiceSpan] = []
    for shift in (0.0, period_s):
        for voice, (first, last) in enumerate(_TURNS_S):
            embedding = [float(voice == 0), float(voice > 0)]
            start, end = first + shift, min(last + shift, duration_s)
            while start < end:
                until = min(start + MAX_VOICE_TURN_S, end)
                turns.append(VoiceSpan(start=start, end=until, voice=voice, embedding=embedding))
                start = until
    return SpeakerSegmentation(duration_s=duration_s, turns=turns, inference_s=0.001)


def _words(segment: ChunkSegment) -> list[Word]:
    """Return words that fill the segment, each as long as its characters take."""
    texts = segment.text.split()
    weights = [len(text) + 2 for text in texts]
    scale = (segment.end - segment.start) / sum(weights)
    edges = [segment.start + scale * part for part in accumulate(weights, initial=0)]
    return [
        Word(word=f" {text}", start=start, end=end, probability=0.9)
        for text, (start, end) in zip(texts, pairwise(edges), strict=True)
    ]


@contextmanager
def instant_llm(port: int, llm: StandInLlm | None = None) -> Iterator[StandInLlm]:
    """Run the stand-in on a port of this machine."""
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
