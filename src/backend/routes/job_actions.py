"""Actions on a job: cancel, resume, describe, name speakers, delete."""

from fastapi import APIRouter, Request, Response
from pydantic import JsonValue, RootModel

from backend.dependencies import Jobs, OwnAudit, Owner
from backend.routes.decoding_problems import DECODING_PROBLEMS
from backend.routes.json_body import json_body_of, json_body_schema, request_validation
from contracts.audit import AuditAction
from contracts.jobs import Job, JobDescription, SpeakerList, SpeakerNaming
from contracts.options import TextOptions, TranscribeOptions
from contracts.problems import ProblemType
from servicekit.openapi import response_headers
from servicekit.problems import problem_responses

_OptionChanges = RootModel[dict[str, JsonValue]]

_CHANGE_PROBLEMS = problem_responses(
    ProblemType.BAD_REQUEST,
    ProblemType.NOT_FOUND,
    ProblemType.WRONG_STATE,
    ProblemType.TOO_LARGE,
)

router = APIRouter(
    prefix="/v1/transcriptions/{job_id}",
    tags=["transcriptions"],
    responses=problem_responses(ProblemType.INVALID_OPTION),
)


@router.post(
    "/cancel",
    status_code=202,
    summary="Cancel a job; its segments so far are kept",
    responses=problem_responses(ProblemType.NOT_FOUND, ProblemType.WRONG_STATE),
)
async def cancel_transcription(job_id: str, jobs: Jobs, owner: Owner) -> Job:
    """Return the job; the speech model stops within a chunk."""
    return (await jobs.cancel(job_id, owner)).as_requested()


@router.post(
    "/resume",
    status_code=202,
    summary="Resume a job that was cancelled or failed",
    responses=problem_responses(
        ProblemType.NOT_FOUND, ProblemType.WRONG_STATE, ProblemType.QUEUE_FULL
    ),
)
async def resume_transcription(job_id: str, jobs: Jobs, owner: Owner) -> Job:
    """Return the job, queued again; it continues at the first chunk without a result."""
    return (await jobs.resume(job_id, owner)).as_requested()


@router.post(
    "/repeat",
    status_code=202,
    summary="Transcribe the recording of a job again, with other options",
    response_description="The new job, at the address in `Location`",
    openapi_extra=json_body_schema(TranscribeOptions),
    responses={
        202: {"headers": response_headers({"Location": "Address of the new job."})},
        **problem_responses(
            *DECODING_PROBLEMS,
            ProblemType.BAD_REQUEST,
            ProblemType.NOT_FOUND,
            ProblemType.UNKNOWN_MODEL,
            ProblemType.STORAGE_QUOTA,
            ProblemType.AUDIO_QUOTA,
            ProblemType.QUEUE_FULL,
            ProblemType.DISK_FULL,
            ProblemType.TOO_LARGE,
            ProblemType.TOO_LONG,
            ProblemType.UNSUPPORTED_MEDIA,
        ),
    },
)
async def repeat_transcription(
    request: Request, response: Response, job_id: str, jobs: Jobs, owner: Owner
) -> Job:
    """Return a new job with the given options, and the old job's own where none is given.

    Its title, tags, folder and notes are those of the old job, which stays as it is.
    """
    changes = await json_body_of(request, _OptionChanges)
    own = (await jobs.get_head(job_id, owner)).options
    with request_validation():
        options = own.changed(changes.root)
    job = await jobs.repeat(job_id, owner, options)
    response.headers["Location"] = f"/v1/transcriptions/{job.id}"
    return job


@router.post(
    "/text",
    summary="Rewrite the text of a job without transcribing",
    openapi_extra=json_body_schema(TextOptions),
    responses=_CHANGE_PROBLEMS,
)
async def rewrite_text(request: Request, job_id: str, jobs: Jobs, owner: Owner) -> Job:
    """Return the job without its result; corrections stay as they are."""
    return await jobs.rewrite_text(job_id, owner, await json_body_of(request, TextOptions))


@router.patch(
    "",
    summary="Set the title, the tags and the folder of a job",
    openapi_extra=json_body_schema(JobDescription),
    responses=problem_responses(
        ProblemType.BAD_REQUEST, ProblemType.NOT_FOUND, ProblemType.TOO_LARGE
    ),
)
async def describe_transcription(request: Request, job_id: str, jobs: Jobs, owner: Owner) -> Job:
    """Return the job without its result; omitted fields stay unchanged."""
    return await jobs.describe(job_id, owner, await json_body_of(request, JobDescription))


@router.delete(
    "",
    status_code=204,
    summary="Delete a job, its text and its recording",
    responses=problem_responses(ProblemType.NOT_FOUND),
)
async def delete_transcription(job_id: str, jobs: Jobs, owner: Owner, audit: OwnAudit) -> None:
    """Delete a job in any state; a running job is stopped."""
    await jobs.delete(job_id, owner)
    audit.record(AuditAction.DELETED, job_id)


@router.patch(
    "/speakers/{speaker}",
    summary="Name a speaker, or merge it with another one",
    openapi_extra=json_body_schema(SpeakerNaming),
    responses=_CHANGE_PROBLEMS,
)
async def name_speaker(
    request: Request, job_id: str, speaker: str, jobs: Jobs, owner: Owner
) -> SpeakerList:
    """Return all speakers; `merged` lists those that are shown as another one."""
    naming = await json_body_of(request, SpeakerNaming)
    return SpeakerList(items=await jobs.name_speaker(job_id, owner, speaker, naming.name))
