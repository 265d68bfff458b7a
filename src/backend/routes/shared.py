"""What a link shows to anybody who has it: one transcript and its recording, without a key."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from backend.dependencies import Shares
from backend.routes.audio import RECORDING_RESPONSES, RecordingResponse, media_type_of
from contracts.problems import ProblemType
from contracts.sharing import SharedTranscript
from servicekit.problems import problem_responses

router = APIRouter(
    prefix="/v1/shared/{token}",
    tags=["sharing"],
    responses=problem_responses(ProblemType.NOT_FOUND, ProblemType.INVALID_OPTION),
)

Token = Annotated[str, Path(max_length=128)]


@router.get("", summary="A shared transcript")
async def read_shared(token: Token, shares: Shares, response: Response) -> SharedTranscript:
    """Return the transcript until the link expires or is revoked."""
    response.headers["Cache-Control"] = "no-store"
    return await shares.transcript(token)


@router.get(
    "/audio",
    summary="The recording of a shared transcript, or a byte range of it",
    response_class=RecordingResponse,
    responses=RECORDING_RESPONSES,
)
async def play_shared(token: Token, shares: Shares) -> RecordingResponse:
    """Send the file unchanged."""
    file, path = await shares.audio(token)
    return RecordingResponse(
        path,
        media_type=media_type_of(file),
        filename=file.name,
        content_disposition_type="inline",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )
