"""Notes on moments of a recording."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from backend.dependencies import Notes, OwnAudit, Owner
from backend.routes.json_body import json_body_of, json_body_schema
from contracts.audit import AuditAction
from contracts.notes import NewNote, Note, NoteChange, NoteList
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(
    prefix="/v1/transcriptions/{job_id}/notes",
    tags=["notes"],
    responses=problem_responses(ProblemType.NOT_FOUND, ProblemType.INVALID_OPTION),
)

_BODY_PROBLEMS = problem_responses(ProblemType.BAD_REQUEST, ProblemType.TOO_LARGE)

NoteId = Annotated[int, Path(ge=0, lt=2**63)]


@router.get("", summary="The notes of a transcript")
async def list_notes(job_id: str, notes: Notes, owner: Owner, audit: OwnAudit) -> NoteList:
    """Return the notes by time; links for readers do not show them."""
    items = await notes.list(job_id, owner)
    audit.record(AuditAction.OPENED, job_id)
    return NoteList(items=items)


@router.post(
    "",
    status_code=201,
    summary="Add a note on a moment of the recording",
    openapi_extra=json_body_schema(NewNote),
    responses=problem_responses(
        ProblemType.BAD_REQUEST, ProblemType.WRONG_STATE, ProblemType.TOO_LARGE
    ),
)
async def add_note(request: Request, job_id: str, notes: Notes, owner: Owner) -> Note:
    """Return the note; the job may be in any state."""
    return await notes.add(job_id, owner, await json_body_of(request, NewNote))


@router.patch(
    "/{note_id}",
    summary="Change the text of a note",
    openapi_extra=json_body_schema(NoteChange),
    responses=_BODY_PROBLEMS,
)
async def change_note(
    request: Request, job_id: str, note_id: NoteId, notes: Notes, owner: Owner
) -> Note:
    """Return the note, with the time it had."""
    change = await json_body_of(request, NoteChange)
    return await notes.change(job_id, owner, note_id, change.text)


@router.delete("/{note_id}", status_code=204, summary="Delete a note")
async def delete_note(job_id: str, note_id: NoteId, notes: Notes, owner: Owner) -> None:
    """Delete the note at once."""
    await notes.remove(job_id, owner, note_id)
