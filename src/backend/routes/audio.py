"""The original recording, with byte ranges for players, and its waveform."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from backend.dependencies import Jobs, Owner
from contracts.jobs import FileInfo
from contracts.problems import ProblemType
from contracts.recordings import Waveform
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1/transcriptions/{job_id}", tags=["transcriptions"])

_MEDIA_TYPES = {
    "aac": "audio/aac",
    "aiff": "audio/aiff",
    "amr": "audio/amr",
    "asf": "audio/x-ms-wma",
    "avi": "video/x-msvideo",
    "flac": "audio/flac",
    "matroska": "audio/webm",
    "mov": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
}
"""By FFmpeg's first name of the container; browsers play no other containers."""


class RecordingResponse(FileResponse):
    """Sends a file or a byte range; an invalid range is a problem response."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file or the requested range."""

        async def raise_on_error(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                headers = {name.decode(): value.decode() for name, value in message["headers"]}
                of_range = (
                    {"Content-Range": found} if (found := headers.get("content-range")) else {}
                )
                raise HTTPException(
                    message["status"], "The requested range cannot be sent.", of_range
                )
            await send(message)

        await super().__call__(scope, receive, raise_on_error)


RECORDING_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The recording",
        "content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}},
    },
    206: {"description": "The byte range requested by `Range`"},
    **problem_responses(ProblemType.BAD_REQUEST, ProblemType.NOT_FOUND, ProblemType.INVALID_OPTION),
    416: {
        **problem_responses(ProblemType.BAD_REQUEST)[400],
        "description": "The range is outside of the recording",
    },
}


@router.get(
    "/audio",
    summary="The recording or a byte range of it",
    response_class=RecordingResponse,
    responses=RECORDING_RESPONSES,
)
async def play_recording(job_id: str, jobs: Jobs, owner: Owner) -> RecordingResponse:
    """Send the file unchanged."""
    file, path = await jobs.audio(job_id, owner)
    return RecordingResponse(
        path,
        media_type=media_type_of(file),
        filename=file.name,
        content_disposition_type="inline",
        # the media type comes from the content; browsers must not guess another one
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"},
    )


@router.get(
    "/waveform",
    summary="The waveform of the recording",
    responses=problem_responses(
        ProblemType.NOT_FOUND, ProblemType.WRONG_STATE, ProblemType.INVALID_OPTION
    ),
)
async def draw_recording(job_id: str, jobs: Jobs, owner: Owner) -> Waveform:
    """Return the peaks once the recording is decoded; they are kept when it is deleted."""
    return await jobs.waveform(job_id, owner)


def media_type_of(file: FileInfo) -> str:
    """Return the media type of a recording by its content, not by its name."""
    return _MEDIA_TYPES.get(file.container.split(",")[0], "application/octet-stream")
