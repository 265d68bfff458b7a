"""Recordings in, jobs and subtitles out."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from backend.dependencies import Jobs, Uploads, Work
from backend.errors import (
    BadRequestError,
    TooLargeError,
    UnsupportedMediaError,
    WrongStateError,
)
from backend.export import EXPORTERS, ExportFormat
from backend.jobs.service import JobService
from backend.routes.content_disposition import attachment
from backend.routes.recording_form import FILE_FIELD, MAX_FORM_OVERHEAD_BYTES, read_form
from backend.routes.request_body import announced_bytes, body_of, small_body_of
from backend.storage.files import StoredFile
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder
from contracts.jobs import Job, UploadedRecording
from contracts.problems import ProblemType
from contracts.transcription import TranscribeOptions
from servicekit.problems import problem_responses

router = APIRouter(
    prefix="/v1/transcriptions",
    tags=["transcriptions"],
    responses=problem_responses(ProblemType.INVALID_OPTION),
)

_FORM = "multipart/form-data"
_JSON = "application/json"
_MAX_JSON_BYTES = 64 * 2**10


def _schema(model: type[TranscribeOptions]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    # what it refers to is among the components already, for the sake of the answer
    schema.pop("$defs", None)
    return schema


def _form_schema() -> dict[str, Any]:
    schema = _schema(TranscribeOptions)
    file = {"type": "string", "format": "binary", "description": "Audio or video."}
    return {
        **schema,
        "title": "RecordingForm",
        "description": "The file, and any of the options.",
        "properties": {FILE_FIELD: file, **schema["properties"]},
        "required": [FILE_FIELD],
    }


_REQUEST_BODY = {
    "required": True,
    "content": {
        _FORM: {"schema": _form_schema()},
        _JSON: {"schema": _schema(UploadedRecording)},
    },
}


@router.post(
    "",
    status_code=202,
    summary="Transcribe a recording",
    response_description="The job, at the address in `Location`",
    openapi_extra={"requestBody": _REQUEST_BODY},
    responses=problem_responses(
        ProblemType.EMPTY_AUDIO,
        ProblemType.UNREADABLE_AUDIO,
        ProblemType.NO_AUDIO_STREAM,
        ProblemType.BAD_REQUEST,
        ProblemType.NOT_FOUND,
        ProblemType.WRONG_STATE,
        ProblemType.TOO_LARGE,
        ProblemType.TOO_LONG,
        ProblemType.UNSUPPORTED_MEDIA,
        ProblemType.INVALID_OPTION,
        ProblemType.QUEUE_FULL,
        ProblemType.DISK_FULL,
    ),
)
async def create_transcription(
    request: Request, response: Response, jobs: Jobs, uploads: Uploads, work: Work
) -> Job:
    """Send the recording in a form, or as JSON the id of a finished upload."""
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    with jobs.place():
        if media_type == _FORM:
            job = await _submit_form(request, work, jobs)
        elif media_type == _JSON:
            job = await _submit_upload(request, uploads, jobs)
        else:
            raise UnsupportedMediaError(f"Send the recording as {_FORM}, or its id as {_JSON}.")
    response.headers["Location"] = f"{router.prefix}/{job.id}"
    return job


@router.get(
    "/{job_id}",
    summary="A job, its progress and its text so far",
    responses=problem_responses(ProblemType.NOT_FOUND),
)
async def read_transcription(job_id: str, jobs: Jobs) -> Job:
    """Return the job."""
    return jobs.get(job_id)


@router.get(
    "/{job_id}/export",
    summary="The transcript as a file",
    response_class=Response,
    responses={
        200: {
            "description": "The file",
            "content": {
                exporter.media_type.partition(";")[0]: {"schema": {"type": "string"}}
                for exporter in EXPORTERS.values()
            },
        },
        **problem_responses(
            ProblemType.NOT_FOUND, ProblemType.WRONG_STATE, ProblemType.INVALID_OPTION
        ),
    },
)
def export_transcription(
    job_id: str,
    format: Annotated[ExportFormat, Query(description="Kind of file.")],  # noqa: A002
    jobs: Jobs,
) -> Response:
    """Return the transcript of a job that has ended, named after the recording."""
    job = jobs.get(job_id)
    if not job.status.is_final or job.result is None:
        raise WrongStateError(f"There is no transcript to export: the job is {job.status}.")
    exporter = EXPORTERS[format]
    return Response(
        exporter.render(job.result),
        headers={
            "Content-Type": exporter.media_type,
            "Content-Disposition": attachment(job.file.name, format),
        },
    )


async def _submit_upload(request: Request, uploads: UploadStore, jobs: JobService) -> Job:
    body = await small_body_of(request, _MAX_JSON_BYTES)
    with _invalid_fields_told():
        recording = UploadedRecording.model_validate_json(body)
    return await jobs.submit(await uploads.claim(recording.upload_id), recording.options())


async def _submit_form(request: Request, work: WorkFolder, jobs: JobService) -> Job:
    recording, options = await _receive_form(request, work)
    return await jobs.submit(recording, options)


async def _receive_form(request: Request, work: WorkFolder) -> tuple[StoredFile, TranscribeOptions]:
    n_bytes = announced_bytes(request)
    if n_bytes > work.max_bytes + MAX_FORM_OVERHEAD_BYTES:
        raise TooLargeError(f"The file has more than {work.max_bytes} bytes.")
    async with work.receiving(n_bytes) as incoming:
        form = await read_form(request.headers["Content-Type"], body_of(request), incoming)
        if not form.has_file:
            missing = {"type": "missing", "loc": ("body", FILE_FIELD), "msg": "Field required"}
            raise RequestValidationError([missing])
        with _invalid_fields_told():
            options = TranscribeOptions.model_validate(form.options)
        return await incoming.finish(form.file_name), options


@contextmanager
def _invalid_fields_told() -> Generator[None]:
    """Answer what pydantic finds as FastAPI answers what it finds itself."""
    try:
        yield
    except ValidationError as error:
        lines = error.errors(include_url=False, include_context=False, include_input=False)
        if any(line["type"] == "json_invalid" for line in lines):
            raise BadRequestError("The body is not JSON.") from None
        raise RequestValidationError(
            [{**line, "loc": ("body", *line["loc"])} for line in lines]
        ) from None
