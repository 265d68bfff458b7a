"""`POST /v1/speaker-segmentation`."""

from fastapi import APIRouter, Request

from contracts.problems import ProblemType
from contracts.speakers import MAX_VOICE_AUDIO_S, SpeakerSegmentation
from llm.dependencies import SpeakersDep
from llm.routes.body import pcm_body, read_pcm, to_samples
from servicekit.disconnect import while_connected
from servicekit.problems import problem_responses

router = APIRouter(tags=["speakers"])


@router.post(
    "/v1/speaker-segmentation",
    summary="Find the voices in a stretch of audio",
    openapi_extra=pcm_body(MAX_VOICE_AUDIO_S),
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
    pcm = await read_pcm(request, MAX_VOICE_AUDIO_S)
    samples = to_samples(pcm, MAX_VOICE_AUDIO_S)
    return await while_connected(request, speakers.segment(samples))
