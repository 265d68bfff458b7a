"""Voice profiles: remember the voice of a speaker, and list, rename and delete voices."""

from fastapi import APIRouter, Request

from backend.dependencies import Owner, Voices
from backend.routes.decoding_problems import DECODING_PROBLEMS
from backend.routes.json_body import json_body_of, json_body_schema
from contracts.problems import ProblemType
from contracts.voices import VoiceProfile, VoiceProfileList, VoiceRenaming
from servicekit.problems import problem_responses

router = APIRouter(
    prefix="/v1", tags=["voices"], responses=problem_responses(ProblemType.INVALID_OPTION)
)


@router.post(
    "/transcriptions/{job_id}/speakers/{speaker}/voice",
    status_code=201,
    summary="Remember the voice of a named speaker",
    response_description="The voice profile",
    responses=problem_responses(
        *DECODING_PROBLEMS,
        ProblemType.NOT_FOUND,
        ProblemType.WRONG_STATE,
        ProblemType.TOO_MANY_VOICES,
        ProblemType.TOO_LITTLE_SPEECH,
        ProblemType.LLM_FAILED,
        ProblemType.OVERLOADED,
        ProblemType.DISK_FULL,
    ),
)
async def remember_voice(job_id: str, speaker: str, voices: Voices, owner: Owner) -> VoiceProfile:
    """Store a voice print of the speaker under the speaker's name, made of the recording.

    Later recordings suggest the name where the voice is alike. A voice that has the name already
    gets the new print.
    """
    return await voices.remember(job_id, owner, speaker)


@router.get("/voices", summary="The remembered voices")
async def list_voices(voices: Voices, owner: Owner) -> VoiceProfileList:
    """Return the voice profiles by name, without the voice prints."""
    return VoiceProfileList(items=await voices.all(owner))


@router.patch(
    "/voices/{voice_id}",
    summary="Rename a remembered voice",
    openapi_extra=json_body_schema(VoiceRenaming),
    responses=problem_responses(
        ProblemType.BAD_REQUEST,
        ProblemType.NOT_FOUND,
        ProblemType.WRONG_STATE,
        ProblemType.TOO_LARGE,
    ),
)
async def rename_voice(
    request: Request, voice_id: str, voices: Voices, owner: Owner
) -> VoiceProfile:
    """Return the voice profile; speakers that were named after it keep their names."""
    renaming = await json_body_of(request, VoiceRenaming)
    return await voices.rename(voice_id, owner, renaming.name)


@router.delete(
    "/voices/{voice_id}",
    status_code=204,
    summary="Forget a voice",
    responses=problem_responses(ProblemType.NOT_FOUND),
)
async def delete_voice(voice_id: str, voices: Voices, owner: Owner) -> None:
    """Delete the voice profile, its voice print and the suggestions made with it."""
    await voices.delete(voice_id, owner)
