"""The recording as it was sent, for players that jump about in it, and how it looks."""

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
"""By the first of the container's names, as FFmpeg has them; others are not played."""


class RecordingResponse(FileResponse):
    """A file in whole or in part; what is wrong with a range is told as a problem."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what was asked for."""

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                headers = {name.decode(): value.decode() for name, value in message["headers"]}
                of_range = (
                    {"Content-Range": found} if (found := headers.get("content-range")) else {}
                )
                raise HTTPException(message["status"], "This range cannot be sent.", of_range)
            await send(message)

        await super().__call__(scope, receive, watch)


@router.get(
    "/audio",
    summary="The recording, in whole or in part",
    response_class=RecordingResponse,
    responses={
        200: {
            "description": "The recording",
            "content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}},
        },
        206: {"description": "The part of it that `Range` asks for"},
        **problem_responses(
            ProblemType.BAD_REQUEST, ProblemType.NOT_FOUND, ProblemType.INVALID_OPTION
        ),
        416: {
            **problem_responses(ProblemType.BAD_REQUEST)[400],
            "description": "The range lies outside of the recording",
        },
    },
)
async def play_recording(job_id: str, jobs: Jobs, owner: Owner) -> RecordingResponse:
    """Send the file byte for byte, as it came."""
    file, path = await jobs.audio(job_id, owner)
    return RecordingResponse(
        path,
        media_type=media_type_of(file),
        filename=file.name,
        content_disposition_type="inline",
        # what the file claims to be was looked into; a browser is not to guess otherwise
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache"},
    )


@router.get(
    "/waveform",
    summary="How the recording looks",
    responses=problem_responses(
        ProblemType.NOT_FOUND, ProblemType.WRONG_STATE, ProblemType.INVALID_OPTION
    ),
)
async def draw_recording(job_id: str, jobs: Jobs, owner: Owner) -> Waveform:
    """Return its peaks, once it is decoded; they stay when the recording is dropped."""
    return await jobs.waveform(job_id, owner)


def media_type_of(file: FileInfo) -> str:
    """Return the media type of a recording by what its content is, never by its name."""
    return _MEDIA_TYPES.get(file.container.split(",")[0], "application/octet-stream")
