"""`POST /v1/punctuate`."""

from fastapi import APIRouter, Request

from contracts.punctuation import PunctuatedWords, PunctuationRequest
from llm.dependencies import PunctuatorDep
from llm.routes.body import read_json, to_samples
from llm.routes.transcribe import CHUNK_PROBLEMS
from servicekit.disconnect import while_connected

router = APIRouter(tags=["transcription"])


@router.post(
    "/v1/punctuate",
    summary="Punctuate the words of one chunk of speech",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": PunctuationRequest.model_json_schema()}},
        }
    },
    responses=CHUNK_PROBLEMS,
)
async def punctuate_chunk(request: Request, punctuator: PunctuatorDep) -> PunctuatedWords:
    """Return the words with capitals and marks; no word is changed, added or dropped."""
    chunk = await read_json(request, PunctuationRequest)
    samples = to_samples(chunk.pcm)
    work = punctuator.punctuate(samples, chunk.words, chunk.language)
    return await while_connected(request, work)
