"""Transcripts as files: one, or many in a zip."""

from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Annotated, Any, NamedTuple

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse

from backend.audit import AccountAudit
from backend.dependencies import Jobs, Notes, OwnAudit, Owner
from backend.errors import JobNotFoundError, WrongStateError
from backend.export import ZipStream, file_name, render
from backend.jobs.service import JobService
from backend.routes.content_disposition import attachment
from backend.routes.json_body import json_body_of, json_body_schema
from backend.storage.database import NoteStore
from contracts.audit import AuditAction
from contracts.exports import ExportFormat, ExportRequest
from contracts.jobs import Job
from contracts.notes import Note
from contracts.problems import ProblemType
from servicekit.openapi import response_headers
from servicekit.problems import problem_responses

router = APIRouter(
    prefix="/v1/transcriptions",
    tags=["transcriptions"],
    responses=problem_responses(ProblemType.NOT_FOUND, ProblemType.INVALID_OPTION),
)

_ZIP = "application/zip"

AcceptLanguage = Annotated[
    str | None,
    Header(description="Language of «Speaker 1»; without it the language of the transcript."),
]


def _file_response(*media_types: str) -> dict[str, Any]:
    schema = {"schema": {"type": "string", "format": "binary"}}
    names = [media_type.partition(";")[0] for media_type in media_types]
    return {
        "description": "The file",
        "content": dict.fromkeys(names, schema),
        "headers": response_headers({"Content-Disposition": "Name of the file (RFC 6266)."}),
    }


class _Choices(NamedTuple):
    kind: ExportFormat
    timestamps: bool | None
    speakers: bool | None
    accept_language: str | None


class _Exported(NamedTuple):
    job: Job
    notes: list[Note]


def _choices(
    format: Annotated[ExportFormat, Query(description="Kind of file.")],  # noqa: A002
    timestamps: Annotated[
        bool | None,
        Query(description="`txt`, `docx`, `md` only: with times; default: `docx` only."),
    ] = None,
    speakers: Annotated[
        bool | None,
        Query(description="Not for `json`: with the names of speakers; default: if known."),
    ] = None,
    accept_language: AcceptLanguage = None,
) -> _Choices:
    """Return how to write a transcript; refuse what the format has no choice about."""
    for name, value, has_choice in (
        ("timestamps", timestamps, format.has_optional_timestamps),
        ("speakers", speakers, format.has_optional_speakers),
    ):
        if value is not None and not has_choice:
            message = f"it has no meaning for the format {format.value!r}"
            error = {"type": "value_error", "loc": ("query", name), "msg": message}
            raise RequestValidationError([error])
    return _Choices(format, timestamps, speakers, accept_language)


@router.get(
    "/{job_id}/export",
    summary="The transcript as a file",
    response_class=Response,
    responses={
        200: _file_response(*(kind.media_type for kind in ExportFormat)),
        **problem_responses(ProblemType.WRONG_STATE),
    },
)
async def export_transcription(  # noqa: PLR0913  # one argument for each dependency
    *,
    job_id: str,
    choices: Annotated[_Choices, Depends(_choices)],
    jobs: Jobs,
    notes: Notes,
    owner: Owner,
    audit: OwnAudit,
) -> Response:
    """Return the transcript of a finished job, named by its title, else as the recording.

    `docx`, `md` and `json` have the notes as well.
    """
    job = await jobs.get(job_id, owner)
    if not _is_exportable(job):
        raise WrongStateError(f"There is no transcript to export: the job is {job.status}.")
    own_notes = await notes.list(job_id, owner)
    audit.record(AuditAction.EXPORTED, job_id)
    return Response(
        await run_sync(partial(render, job, notes=own_notes, **choices._asdict())),
        headers={
            "Content-Type": choices.kind.media_type,
            "Content-Disposition": attachment(file_name(job, choices.kind)),
        },
    )


@router.post(
    "/export",
    summary="Many transcripts as a zip",
    response_class=StreamingResponse,
    openapi_extra=json_body_schema(ExportRequest),
    responses={
        200: _file_response(_ZIP),
        **problem_responses(ProblemType.BAD_REQUEST, ProblemType.TOO_LARGE),
    },
)
async def export_transcriptions(  # noqa: PLR0913  # one argument for each dependency
    *,
    request: Request,
    jobs: Jobs,
    notes: Notes,
    owner: Owner,
    audit: OwnAudit,
    accept_language: AcceptLanguage = None,
) -> StreamingResponse:
    """Return a file for each job that has ended with a text; the others are left out."""
    wanted = await json_body_of(request, ExportRequest)
    exportable = _exportable(jobs, notes, owner, wanted.ids)
    first = await anext(exportable, None)
    if first is None:
        raise JobNotFoundError("None of these jobs has a transcript to export.")
    return StreamingResponse(
        _zipped(first, exportable, partial(_zip_entry, wanted, accept_language, audit)),
        media_type=_ZIP,
        headers={"Content-Disposition": attachment("transcripts.zip")},
    )


def _is_exportable(job: Job) -> bool:
    return job.status.is_final and job.result is not None


async def _exportable(
    jobs: JobService, notes: NoteStore, owner: str, ids: list[str]
) -> AsyncGenerator[_Exported]:
    """Yield each job that can be exported, once."""
    for job_id in dict.fromkeys(ids):
        try:
            job, own_notes = await jobs.get(job_id, owner), await notes.list(job_id, owner)
        except JobNotFoundError:
            continue
        if _is_exportable(job):
            yield _Exported(job, own_notes)


def _zip_entry(
    wanted: ExportRequest, accept_language: str | None, audit: AccountAudit, exported: _Exported
) -> tuple[str, bytes]:
    """Return the name and the content of a job's file."""
    audit.record(AuditAction.EXPORTED, exported.job.id)
    content = render(
        exported.job,
        wanted.format,
        notes=exported.notes,
        speakers=wanted.speakers,
        accept_language=accept_language,
    )
    return file_name(exported.job, wanted.format), content


async def _zipped(
    exported: _Exported | None,
    others: AsyncGenerator[_Exported],
    entry_of: Callable[[_Exported], tuple[str, bytes]],
) -> AsyncGenerator[bytes]:
    """Yield a zip in pieces, with one job in memory at a time."""
    archive = ZipStream()

    def add(exported: _Exported) -> bytes:
        return archive.add(*entry_of(exported))

    while exported is not None:
        yield await run_sync(add, exported)
        exported = await anext(others, None)
    yield archive.close()
