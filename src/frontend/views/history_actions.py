"""Actions on recordings in the history."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from contracts.jobs import Folder, JobDescription
from contracts.problems import ProblemType
from frontend.backend_client import BackendClient, BackendError, FrontendError
from frontend.components.errors import error_text
from frontend.i18n import Translator
from frontend.views.history_filter import MAX_SHOWN

Ids = Annotated[list[str], Field(min_length=1, max_length=MAX_SHOWN)]


class BulkKind(StrEnum):
    """Actions that apply to several recordings at once."""

    CANCEL = "cancel"
    RESUME = "resume"
    DELETE = "delete"


class BulkAction(BaseModel):
    """Stop, resume or delete recordings."""

    kind: BulkKind
    ids: Ids


class Rename(BaseModel):
    """Change a recording's title; a blank one restores the file name."""

    kind: Literal["rename"]
    id: str
    title: str


class SetTags(BaseModel):
    """Replace a recording's tags."""

    kind: Literal["tags"]
    id: str
    tags: list[str]


class AddTag(BaseModel):
    """Add a tag to recordings, given with the tags that each of them has."""

    kind: Literal["add_tag"]
    tags: Annotated[dict[str, list[str]], Field(min_length=1, max_length=MAX_SHOWN)]
    tag: str


class Move(BaseModel):
    """Move recordings into a folder; a blank one is none."""

    kind: Literal["move"]
    ids: Ids
    folder: Folder


class RenameFolder(BaseModel):
    """Rename a folder."""

    kind: Literal["rename_folder"]
    folder: str
    name: Annotated[Folder, Field(min_length=1)]


class DeleteFolder(BaseModel):
    """Delete a folder; its recordings stay."""

    kind: Literal["delete_folder"]
    folder: str


Action = Move | RenameFolder | DeleteFolder | BulkAction | Rename | SetTags | AddTag
_ACTION: TypeAdapter[Action] = TypeAdapter(Action)


class Outcome(BaseModel):
    """The result of an action as texts for the visitor."""

    text: str
    failed: bool = False
    request_id: str = ""


def run_action(t: Translator, backend: BackendClient, data: object) -> Outcome:
    """Run an action that the component requested.

    Args:
        t: the texts of the outcome.
        backend: carries the action out.
        data: the request from the browser; it is validated here.
    """
    try:
        return _run(t, backend, _ACTION.validate_python(data))
    except ValidationError:
        key = f"problem.{ProblemType.INVALID_OPTION.name.lower()}"
        return Outcome(text=f"{t(key)}. {t(f'{key}.next')}", failed=True)
    except FrontendError as error:
        text = error_text(t, error)
        return Outcome(text=f"{text.title}. {text.advice}", failed=True, request_id=text.request_id)


def _run(t: Translator, backend: BackendClient, action: Action) -> Outcome:
    match action:
        case Rename(id=job_id, title=title):
            backend.describe(job_id, JobDescription(title=title))
            text = t("history.renamed")
        case SetTags(id=job_id, tags=tags):
            backend.describe(job_id, JobDescription(tags=tags))
            text = t("history.tagged", count=1)
        case AddTag(tags=tags, tag=tag):
            for job_id, present in tags.items():
                backend.describe(job_id, JobDescription(tags=[*present, tag]))
            text = t("history.tagged", count=len(tags))
        case Move(ids=ids, folder=folder):
            _call_each(lambda job_id: backend.describe(job_id, JobDescription(folder=folder)), ids)
            text = t("history.moved", count=len(ids))
        case RenameFolder(folder=folder, name=name):
            backend.rename_folder(folder, name)
            text = t("history.folder_renamed")
        case DeleteFolder(folder=folder):
            backend.delete_folder(folder)
            text = t("history.folder_deleted")
        case BulkAction(kind=kind, ids=ids):
            call: Callable[[str], object] = {
                BulkKind.CANCEL: backend.cancel,
                BulkKind.RESUME: backend.resume,
                BulkKind.DELETE: backend.delete,
            }[kind]
            _call_each(call, ids)
            text = t(f"history.done.{kind}", count=len(ids))
    return Outcome(text=text)


def _call_each(call: Callable[[str], object], ids: list[str]) -> None:
    """Call for each id; ignore recordings that are already gone or in the wanted state."""
    for job_id in ids:
        try:
            call(job_id)
        except BackendError as error:
            if error.problem_type not in (ProblemType.NOT_FOUND, ProblemType.WRONG_STATE):
                raise
