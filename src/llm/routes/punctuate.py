"""`POST /v1/punctuate`."""

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from contracts.punctuation import PunctuatedWords, PunctuationRequest
from llm.dependencies import PunctuatorDep
from llm.routes.body import MAX_PCM_BYTES, read_body, to_samples
from llm.routes.transcribe import CHUNK_PROBLEMS
from servicekit.disconnect import while_connected

router = APIRouter(tags=["transcription"])

_MAX_BODY_BYTES = 3 * MAX_PCM_BYTES
"""PCM in base64 has 4/3 of its bytes; the words are far below the rest."""


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
    body = await read_body(request, _MAX_BODY_BYTES)
    try:
        chunk = PunctuationRequest.model_validate_json(body)
    except ValidationError as error:
        # without the input: it is private
        lines = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**line, "loc": ("body", *line["loc"])} for line in lines]
        ) from None
    samples = to_samples(chunk.pcm)
    work = punctuator.punctuate(samples, chunk.words, chunk.language)
    return await while_connected(request, work)
