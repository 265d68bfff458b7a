"""`POST /v1/speaker-segmentation`."""

from fastapi import APIRouter, Request

from contracts.problems import ProblemType
from contracts.speakers import SpeakerSegmentation
from llm.dependencies import SpeakersDep
from llm.routes.body import MAX_PCM_BYTES, read_body, to_samples
from llm.routes.transcribe import PCM_BODY
from servicekit.disconnect import while_connected
from servicekit.problems import problem_responses

router = APIRouter(tags=["speakers"])


@router.post(
    "/v1/speaker-segmentation",
    summary="Find the voices in a stretch of audio",
    openapi_extra=PCM_BODY,
    responses=problem_responses(
        ProblemType.EMPTY_AUDIO,
        ProblemType.UNREADABLE_AUDIO,
        ProblemType.TOO_LONG,
        ProblemType.INTERNAL,
        ProblemType.LLM_FAILED,
        ProblemType.OVERLOADED,
    ),
)
async def segment_speakers(request: Request, speakers: SpeakersDep) -> SpeakerSegmentation:
    """Return the turns of the voices, each with its embedding, which is alike for one person."""
    samples = to_samples(await read_body(request, MAX_PCM_BYTES))
    return await while_connected(request, speakers.segment(samples))
