"""The original recording, with byte ranges for players, and its waveform."""

import os
import stat
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from backend.dependencies import Blobs, Jobs, OwnAudit, Owner
from backend.storage.blobs import Blob, BlobReader, BlobStore
from contracts.audit import AuditAction
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
    """Sends a recording or a byte range; an invalid range is a problem response.

    Args:
        blob: the recording, from `blobs`.
        file: its properties; browsers must not guess another media type.
    """

    def __init__(self, blobs: BlobStore, blob: Blob, file: FileInfo, *, cache_control: str) -> None:
        times = (blob.modified_at,) * 3
        super().__init__(
            blob.name,
            media_type=media_type_of(file),
            filename=file.name,
            content_disposition_type="inline",
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": cache_control},
            stat_result=os.stat_result((stat.S_IFREG, 0, 0, 1, 0, 0, blob.size_bytes, *times)),
        )
        self._blobs = blobs
        self._name = blob.name

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

    def _open_file(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
    ) -> AbstractAsyncContextManager[BlobReader]:
        """Open the blob, where FileResponse would open a path."""
        return self._blobs.open(self._name)


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
    status_code=200,
    response_class=RecordingResponse,
    responses=RECORDING_RESPONSES,
)
async def play_recording(
    job_id: str, jobs: Jobs, blobs: Blobs, owner: Owner, audit: OwnAudit
) -> RecordingResponse:
    """Send the file unchanged."""
    file, blob = await jobs.audio(job_id, owner)
    audit.record(AuditAction.PLAYED, job_id)
    return RecordingResponse(blobs, blob, file, cache_control="private, no-cache")


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
