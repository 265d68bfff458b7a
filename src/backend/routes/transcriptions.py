"""Submits recordings, and returns jobs."""

from typing import Any

from fastapi import APIRouter, Request, Response

from backend.dependencies import (
    Jobs,
    OwnAudit,
    Owner,
    ReceivingLimit,
    Submission,
    Uploads,
    WordTimestamps,
    Work,
)
from backend.errors import UnsupportedMediaError
from backend.jobs.submission import JobSubmission
from backend.routes.decoding_problems import DECODING_PROBLEMS
from backend.routes.json_body import inline_schema, json_body_of, request_validation
from backend.routes.recording_form import FILE_FIELD, read_form, receiving
from backend.storage.files import StoredFile
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder
from contracts.audit import AuditAction
from contracts.jobs import Job, UploadedRecording
from contracts.options import TranscribeOptions
from contracts.problems import ProblemType
from contracts.report import Report
from servicekit import tracing
from servicekit.openapi import response_headers
from servicekit.problems import problem_responses

router = APIRouter(
    prefix="/v1/transcriptions",
    tags=["transcriptions"],
    responses=problem_responses(ProblemType.INVALID_OPTION),
)

_FORM = "multipart/form-data"
_JSON = "application/json"


def _form_schema() -> dict[str, Any]:
    schema = inline_schema(TranscribeOptions)
    file = {"type": "string", "format": "binary", "description": "Audio or video."}
    return {
        **schema,
        "title": "RecordingForm",
        "description": "The file and options.",
        "properties": {FILE_FIELD: file, **schema["properties"]},
        "required": [FILE_FIELD],
    }


_REQUEST_BODY = {
    "required": True,
    "content": {
        _FORM: {"schema": _form_schema()},
        _JSON: {"schema": inline_schema(UploadedRecording)},
    },
}


@router.post(
    "",
    status_code=202,
    response_model=Job,
    summary="Transcribe a recording",
    response_description="The job, at the address in `Location`",
    openapi_extra={"requestBody": _REQUEST_BODY},
    responses={
        202: {"headers": response_headers({"Location": "Address of the job."})},
        **problem_responses(
            *DECODING_PROBLEMS,
            ProblemType.BAD_REQUEST,
            ProblemType.NOT_FOUND,
            ProblemType.UNKNOWN_MODEL,
            ProblemType.TOO_SLOW,
            ProblemType.WRONG_STATE,
            ProblemType.TOO_LARGE,
            ProblemType.TOO_LONG,
            ProblemType.UNSUPPORTED_MEDIA,
            ProblemType.INVALID_OPTION,
            ProblemType.STORAGE_QUOTA,
            ProblemType.AUDIO_QUOTA,
            ProblemType.QUEUE_FULL,
            ProblemType.TOO_MANY_REQUESTS,
            ProblemType.DISK_FULL,
        ),
    },
)
async def create_transcription(  # noqa: PLR0913  # one argument for each dependency
    *,
    request: Request,
    submission: Submission,
    jobs: Jobs,
    uploads: Uploads,
    work: Work,
    receiving_limit: ReceivingLimit,
    owner: Owner,
) -> Response:
    """Accept the recording in a form, or the id of a finished upload as JSON."""
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type == _FORM:
        await submission.ensure_place(owner)
        with receiving_limit.one(owner):
            recording, options = await _receive_form(request, work)
        job = await submission.accept(recording, options, owner)
    elif media_type == _JSON:
        job = await _submit_upload(request, uploads, submission, owner)
    else:
        raise UnsupportedMediaError(
            f"Send the recording as {_FORM}, or the upload's id as {_JSON}."
        )
    return Response(
        await jobs.get_json(job.id, owner),
        status_code=202,
        media_type=_JSON,
        headers={"Location": f"{router.prefix}/{job.id}"},
    )


@router.get(
    "/{job_id}",
    response_model=Job,
    summary="A job with its progress and its text so far",
    responses=problem_responses(ProblemType.NOT_FOUND),
)
async def read_transcription(
    job_id: str, jobs: Jobs, owner: Owner, audit: OwnAudit, word_timestamps: WordTimestamps = None
) -> Response:
    """Return the job."""
    # stored as JSON: parsing and serialising a long transcript again would be slow
    content = await jobs.get_json(job_id, owner, word_timestamps)
    audit.record(AuditAction.OPENED, job_id)
    return Response(content, media_type=_JSON)


@router.get(
    "/{job_id}/report",
    summary="What became of speech without words, and of speech that was decoded again",
    responses=problem_responses(ProblemType.NOT_FOUND),
)
async def read_report(job_id: str, jobs: Jobs, owner: Owner, audit: OwnAudit) -> Report:
    """Return the report so far; it is complete once the job has ended."""
    result = (await jobs.get(job_id, owner)).result
    audit.record(AuditAction.OPENED, job_id)
    return Report(items=result.report if result else [])


async def _submit_upload(
    request: Request, uploads: UploadStore, submission: JobSubmission, owner: str
) -> Job:
    recording = await json_body_of(request, UploadedRecording)
    async with submission.place(owner):
        announcement = (await uploads.find(recording.upload_id, owner)).announcement
        parent = announcement.traceparent or tracing.traceparent()
        with tracing.continued_trace("submit_upload", parent):
            stored = await uploads.claim(recording.upload_id, owner)
            return await submission.submit(stored, recording.options(), owner)


async def _receive_form(request: Request, work: WorkFolder) -> tuple[StoredFile, TranscribeOptions]:
    async with receiving(request, work) as incoming:
        form = await read_form(request, incoming)
        with request_validation():
            options = TranscribeOptions.model_validate(form.options)
        return await incoming.finish(form.file_name), options
