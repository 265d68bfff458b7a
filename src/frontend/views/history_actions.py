"""What a visitor does to recordings in the history."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from contracts.jobs import JobDescription
from contracts.problems import ProblemType
from frontend.backend_client import BackendClient, BackendError, FrontendError
from frontend.i18n import Translator
from frontend.views.history_filter import MAX_SHOWN

Ids = Annotated[list[str], Field(min_length=1, max_length=MAX_SHOWN)]


class Many(StrEnum):
    """What can be done to several recordings at once."""

    CANCEL = "cancel"
    RESUME = "resume"
    DELETE = "delete"


class ToMany(BaseModel):
    """Stop recordings, go on with them, or delete them."""

    kind: Many
    ids: Ids


class Rename(BaseModel):
    """Give a recording another title; a blank one is its file's name."""

    kind: Literal["rename"]
    id: str
    title: str


class SetTags(BaseModel):
    """Give a recording these tags and no others."""

    kind: Literal["tags"]
    id: str
    tags: list[str]


class AddTag(BaseModel):
    """Add a tag to those that recordings have."""

    kind: Literal["add_tag"]
    tags: Annotated[dict[str, list[str]], Field(min_length=1, max_length=MAX_SHOWN)]
    tag: str


Action = ToMany | Rename | SetTags | AddTag
_ACTION: TypeAdapter[Action] = TypeAdapter(Action)


class Outcome(BaseModel):
    """What came of an action, in words, and how to find in the log what went wrong."""

    text: str
    failed: bool = False
    request_id: str = ""


def carry_out(t: Translator, backend: BackendClient, asked: object) -> Outcome:
    """Do what the component asks for, as far as it goes.

    Args:
        asked: what came from the browser; what is no action of ours is refused.
    """
    try:
        action = _ACTION.validate_python(asked)
        return _carry_out(t, backend, action)
    except ValidationError:
        key = f"problem.{ProblemType.INVALID_OPTION.name.lower()}"
        return Outcome(text=f"{t(key)}. {t(f'{key}.next')}", failed=True)
    except BackendError as error:
        key = f"problem.{error.problem_type.name.lower()}"
        text = f"{t(key)}. {t(f'{key}.next')}"
        request_id = error.problem.request_id
        told = t("problem.request_id", id=request_id) if request_id else ""
        return Outcome(text=text, failed=True, request_id=told)
    except FrontendError:
        text = f"{t('problem.unavailable')}. {t('problem.unavailable.next')}"
        return Outcome(text=text, failed=True)


def _carry_out(t: Translator, backend: BackendClient, action: Action) -> Outcome:
    match action:
        case Rename(id=job_id, title=title):
            backend.describe(job_id, JobDescription(title=title))
            return Outcome(text=t("history.renamed"))
        case SetTags(id=job_id, tags=tags):
            backend.describe(job_id, JobDescription(tags=tags))
            return Outcome(text=t("history.tagged", count=1))
        case AddTag(tags=tags, tag=tag):
            for job_id, present in tags.items():
                backend.describe(job_id, JobDescription(tags=[*present, tag]))
            return Outcome(text=t("history.tagged", count=len(tags)))
        case ToMany(kind=kind, ids=ids):
            act = {
                Many.CANCEL: backend.cancel,
                Many.RESUME: backend.resume,
                Many.DELETE: backend.delete,
            }[kind]
            _each(ids, act)
            return Outcome(text=t(f"history.done.{kind}", count=len(ids)))


def _each(ids: list[str], act: Callable[[str], object]) -> None:
    """Act on each; one that has ended or is gone already is as the visitor wants it."""
    for job_id in ids:
        try:
            act(job_id)
        except BackendError as error:
            if error.problem_type not in (ProblemType.NOT_FOUND, ProblemType.WRONG_STATE):
                raise
