"""What is in an upload, before it is transcribed."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from backend.dependencies import Owner, PreviewsOfUploads
from backend.routes import tus
from contracts.audio import NormalizationOptions
from contracts.problems import ProblemType
from contracts.recordings import MAX_EXCERPT_S, RecordingPreview
from servicekit.problems import problem_responses

router = APIRouter(
    prefix=f"{tus.PREFIX}/{{upload_id}}",
    tags=["uploads"],
    responses=problem_responses(
        ProblemType.EMPTY_AUDIO,
        ProblemType.UNREADABLE_AUDIO,
        ProblemType.NO_AUDIO_STREAM,
        ProblemType.NOT_FOUND,
        ProblemType.WRONG_STATE,
        ProblemType.TOO_LONG,
        ProblemType.UNSUPPORTED_MEDIA,
        ProblemType.INVALID_OPTION,
        ProblemType.DISK_FULL,
    ),
)


class ExcerptQuery(NormalizationOptions):
    """Which part of a recording to send, and how loud."""

    start_s: float = Field(0.0, ge=0, le=1e9, description="Seconds from its beginning.")
    duration_s: float = Field(10.0, gt=0, le=MAX_EXCERPT_S, description="Seconds of sound.")


@router.get("/recording", summary="What is in a finished upload")
async def preview_upload(
    upload_id: str,
    options: Annotated[NormalizationOptions, Query()],
    previews: PreviewsOfUploads,
    owner: Owner,
) -> RecordingPreview:
    """Return it once the file is decoded; to ask again, with other options, costs nothing."""
    return await previews.recording(upload_id, owner, options)


@router.get(
    "/excerpt",
    summary="A part of a finished upload, to listen to",
    response_class=Response,
    responses={
        200: {
            "description": "16 kHz, mono, as the model would hear it",
            "content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def listen_to_upload(
    upload_id: str,
    excerpt: Annotated[ExcerptQuery, Query()],
    previews: PreviewsOfUploads,
    owner: Owner,
) -> Response:
    """Return a few seconds of sound, normalised as asked for."""
    wav = await previews.excerpt(upload_id, owner, excerpt.start_s, excerpt.duration_s, excerpt)
    return Response(wav, media_type="audio/wav", headers={"Cache-Control": "no-store"})
