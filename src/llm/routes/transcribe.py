"""`POST /v1/transcribe`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from contracts.audio import MAX_CHUNK_S
from contracts.options import ChunkOptions, ChunkRequest
from contracts.problems import ProblemType
from contracts.transcription import ChunkTranscript
from llm.dependencies import TranscriberDep
from llm.routes.body import pcm_body, read_json, read_pcm, to_samples
from servicekit.disconnect import while_connected
from servicekit.problems import problem_responses

router = APIRouter(tags=["transcription"])

_JSON = "application/json"

_BODY = pcm_body(MAX_CHUNK_S)
_BODY["requestBody"]["description"] += (
    " As JSON it has its options beside it, which then do not come from the query."
)
_BODY["requestBody"]["content"][_JSON] = {
    "schema": ChunkRequest.model_json_schema(ref_template="#/components/schemas/{model}")
}
_BODY["requestBody"]["content"][_JSON]["schema"].pop("$defs", None)

_PROBLEMS = (
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
CHUNK_PROBLEMS = problem_responses(*_PROBLEMS)


@router.post(
    "/v1/transcribe",
    summary="Recognise one chunk of speech",
    openapi_extra=_BODY,
    responses=problem_responses(*_PROBLEMS, ProblemType.UNKNOWN_MODEL),
)
async def transcribe_chunk(
    request: Request, options: Annotated[ChunkOptions, Query()], transcriber: TranscriberDep
) -> ChunkTranscript:
    """Return the text of the chunk; times are in seconds from its start."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _JSON:
        chunk = await read_json(request, ChunkRequest)
        options, pcm = chunk.options(), chunk.pcm
    else:
        pcm = await read_pcm(request, MAX_CHUNK_S)
    samples = to_samples(pcm)
    return await while_connected(request, transcriber.transcribe(samples, options))
