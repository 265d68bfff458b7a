"""What a link shows to anybody who has it: one transcript and its recording, without a key."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from backend.audit import LINK_READER
from backend.dependencies import Audit, Blobs, Shares
from backend.routes.audio import RECORDING_RESPONSES, RecordingResponse
from contracts.audit import AuditAction
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
async def read_shared(
    token: Token, shares: Shares, response: Response, audit: Audit
) -> SharedTranscript:
    """Return the transcript until the link expires or is revoked."""
    response.headers["Cache-Control"] = "no-store"
    job_id, transcript = await shares.transcript(token)
    audit.of(LINK_READER).record(AuditAction.OPENED, job_id)
    return transcript


@router.get(
    "/audio",
    summary="The recording of a shared transcript, or a byte range of it",
    status_code=200,
    response_class=RecordingResponse,
    responses=RECORDING_RESPONSES,
)
async def play_shared(
    token: Token, shares: Shares, blobs: Blobs, audit: Audit
) -> RecordingResponse:
    """Send the file unchanged."""
    job_id, file, blob = await shares.audio(token)
    audit.of(LINK_READER).record(AuditAction.PLAYED, job_id)
    return RecordingResponse(blobs, blob, file, cache_control="private, no-store")
