"""`POST /v1/transcribe`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE
from contracts.problems import ProblemType
from contracts.transcription import ChunkOptions, ChunkTranscript
from llm.dependencies import TranscriberDep
from llm.routes.body import MAX_PCM_BYTES, read_body, to_samples
from servicekit.disconnect import while_connected
from servicekit.problems import problem_responses

router = APIRouter(tags=["transcription"])

PCM_BODY = {
    "requestBody": {
        "required": True,
        "description": f"PCM s16le, mono, {SAMPLE_RATE} Hz, at most {MAX_CHUNK_S:.0f} seconds.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

CHUNK_PROBLEMS = problem_responses(
    ProblemType.EMPTY_AUDIO,
    ProblemType.UNREADABLE_AUDIO,
    ProblemType.BAD_REQUEST,
    ProblemType.TOO_LONG,
    ProblemType.INVALID_OPTION,
    ProblemType.INTERNAL,
    ProblemType.LLM_FAILED,
    ProblemType.NOT_READY,
    ProblemType.OVERLOADED,
)


@router.post(
    "/v1/transcribe",
    summary="Recognise one chunk of speech",
    openapi_extra=PCM_BODY,
    responses=CHUNK_PROBLEMS,
)
async def transcribe_chunk(
    request: Request, options: Annotated[ChunkOptions, Query()], transcriber: TranscriberDep
) -> ChunkTranscript:
    """Return the text of the chunk; times are in seconds from its start."""
    samples = to_samples(await read_body(request, MAX_PCM_BYTES))
    return await while_connected(request, transcriber.transcribe(samples, options))
