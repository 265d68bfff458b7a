"""Where recordings come in: files or the microphone, sent to the backend by the browser itself.

What comes back from the browser is only which uploads are there, by their ids.
"""

from collections.abc import Mapping

from pydantic import BaseModel, Field, ValidationError

from contracts.problems import Problem
from contracts.transcription import TranscribeOptions
from frontend.components.web_component import web_component
from frontend.page import Page
from frontend.session import started_uploads

_KEY = "uploader"
_WORDS = ("uploader.", "size.", "duration.", "problem.")
_NORMALIZATION = {"normalization", "target_peak", "target_dbfs", "target_lufs"}

_uploader = web_component("uploader")


class Uploads(BaseModel):
    """The recordings that have arrived whole, and how many are still under way."""

    ready: list[str] = Field(default_factory=list, max_length=1000)
    n_uploading: int = Field(0, ge=0)


def show_uploader(
    page: Page, options: TranscribeOptions, failures: Mapping[str, Problem]
) -> Uploads:
    """Show the uploader, and return what it holds.

    Args:
        page: its words, and the limit of a file's size.
        options: what the recordings would be transcribed with; what that does to their sound
            is shown.
        failures: why uploads, by their ids, could not be started.
    """
    result = _uploader(
        key=_KEY,
        data={
            "language": page.t.language,
            "labels": page.t.templates(_WORDS),
            "limit_bytes": page.settings.max_upload_bytes,
            "normalization": _query(options),
            "started": started_uploads(),
            "failures": {each: _told(problem) for each, problem in failures.items()},
        },
        on_uploads_change=_take_note,
    )
    try:
        uploads = Uploads.model_validate(result.get("uploads") or {})
    except ValidationError:  # not from our script
        return Uploads()
    started = set(started_uploads())
    return uploads.model_copy(update={"ready": [i for i in uploads.ready if i not in started]})


def _take_note() -> None:
    """Streamlit keeps the state of a component that has someone to tell."""


def _query(options: TranscribeOptions) -> str:
    chosen = options.model_dump(mode="json", include=_NORMALIZATION, exclude_none=True)
    return "&".join(f"{name}={value}" for name, value in chosen.items())


def _told(problem: Problem) -> dict[str, str | None]:
    kind = problem.type.rpartition("/")[2].replace("-", "_")
    return {"kind": kind, "requestId": problem.request_id}
