"""Previews of finished uploads: media properties, waveforms and excerpts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from backend.dependencies import Owner, PreviewsOfUploads
from backend.routes import tus
from backend.routes.decoding_problems import DECODING_PROBLEMS
from contracts.audio import NormalizationOptions
from contracts.problems import ProblemType
from contracts.recordings import MAX_EXCERPT_S, RecordingPreview
from servicekit.disconnect import while_connected
from servicekit.problems import problem_responses

router = APIRouter(
    prefix=f"{tus.PREFIX}/{{upload_id}}",
    tags=["uploads"],
    responses=problem_responses(
        *DECODING_PROBLEMS,
        ProblemType.NOT_FOUND,
        ProblemType.WRONG_STATE,
        ProblemType.TOO_LONG,
        ProblemType.UNSUPPORTED_MEDIA,
        ProblemType.INVALID_OPTION,
        ProblemType.OVERLOADED,
        ProblemType.DISK_FULL,
    ),
)


class ExcerptQuery(NormalizationOptions):
    """The excerpt to return, and its normalisation."""

    start_s: float = Field(0.0, ge=0, le=1e9, description="Start of the excerpt, in seconds.")
    duration_s: float = Field(
        10.0, gt=0, le=MAX_EXCERPT_S, description="Length of the excerpt, in seconds."
    )


@router.get("/recording", summary="Media properties and waveforms of a finished upload")
async def preview_upload(
    upload_id: str,
    request: Request,
    options: Annotated[NormalizationOptions, Query()],
    previews: PreviewsOfUploads,
    owner: Owner,
) -> RecordingPreview:
    """Return the preview once the file is decoded; later calls with other options are fast."""
    return await while_connected(request, previews.recording(upload_id, owner, options))


@router.get(
    "/excerpt",
    summary="An excerpt of a finished upload",
    response_class=Response,
    responses={
        200: {
            "description": "16 kHz, mono, as the model receives it",
            "content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def listen_to_upload(
    upload_id: str,
    request: Request,
    excerpt: Annotated[ExcerptQuery, Query()],
    previews: PreviewsOfUploads,
    owner: Owner,
) -> Response:
    """Return a few seconds of normalised audio."""
    work = previews.excerpt(upload_id, owner, excerpt.start_s, excerpt.duration_s, excerpt)
    wav = await while_connected(request, work)
    return Response(wav, media_type="audio/wav", headers={"Cache-Control": "no-store"})
