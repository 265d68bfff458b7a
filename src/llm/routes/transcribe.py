"""`POST /v1/transcribe`."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.requests import ClientDisconnect

from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from contracts.problems import ProblemType
from contracts.transcription import ChunkTranscript, DecodingOptions
from llm.dependencies import TranscriberDep
from llm.engines.protocol import Samples
from llm.errors import EmptyAudioError, TooLongError, UnreadableAudioError
from servicekit.problems import problem_responses

router = APIRouter(tags=["transcription"])

MAX_BODY_BYTES = int(MAX_CHUNK_S * SAMPLE_RATE) * SAMPLE_WIDTH_BYTES

_PCM_BODY = {
    "requestBody": {
        "required": True,
        "description": f"PCM s16le, mono, {SAMPLE_RATE} Hz, at most {MAX_CHUNK_S:.0f} seconds.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/v1/transcribe",
    summary="Recognise one chunk of speech",
    openapi_extra=_PCM_BODY,
    responses=problem_responses(
        ProblemType.EMPTY_AUDIO,
        ProblemType.UNREADABLE_AUDIO,
        ProblemType.BAD_REQUEST,
        ProblemType.TOO_LONG,
        ProblemType.INVALID_OPTION,
        ProblemType.INTERNAL,
        ProblemType.LLM_FAILED,
        ProblemType.NOT_READY,
        ProblemType.OVERLOADED,
    ),
)
async def transcribe_chunk(
    request: Request, options: Annotated[DecodingOptions, Query()], transcriber: TranscriberDep
) -> ChunkTranscript:
    """Return the text of the chunk; times are in seconds from its start."""
    samples = await _read_samples(request)
    return await _cancel_on_disconnect(request, transcriber.transcribe(samples, options))


async def _read_samples(request: Request) -> Samples:
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > MAX_BODY_BYTES:
            raise TooLongError(f"A chunk may last at most {MAX_CHUNK_S:.0f} seconds.")
    if not body:
        raise EmptyAudioError("The body is empty.")
    if len(body) % SAMPLE_WIDTH_BYTES:
        raise UnreadableAudioError("The body ends in the middle of a sample: its length is odd.")
    return np.frombuffer(body, "<i2").astype(np.float32) / np.float32(32768)


async def _cancel_on_disconnect(
    request: Request, work: Coroutine[Any, Any, ChunkTranscript]
) -> ChunkTranscript:
    """Wait for the work; cancel it as soon as the client disconnects."""
    working = asyncio.create_task(work)
    disconnected = asyncio.create_task(_wait_for_disconnect(request))
    try:
        await asyncio.wait({working, disconnected}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        disconnected.cancel()


async def _wait_for_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
