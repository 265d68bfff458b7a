"""The uploader: the browser sends files and microphone recordings straight to the backend.

It reports only the ids of finished uploads to Streamlit.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from pydantic import BaseModel, Field, ValidationError

from contracts.options import TranscribeOptions
from contracts.problems import Problem
from frontend.components.options_form import chosen_options
from frontend.components.web_component import web_component
from frontend.page import Page
from frontend.saved_options import COOKIE, to_cookie
from frontend.session import started_uploads

_KEY = "uploader"
_TEXT_PREFIXES = ("uploader.", "size.", "duration.", "problem.")
_NORMALIZATION = {"normalization", "target_peak", "target_dbfs", "target_lufs"}

_uploader = web_component("uploader")


class Uploads(BaseModel):
    """Ids of finished uploads and the number of unfinished ones."""

    ready: list[str] = Field(default_factory=list, max_length=1000)
    n_uploading: int = Field(default=0, ge=0)


def show_uploader(
    page: Page, options: TranscribeOptions, failures: Mapping[str, Problem]
) -> Uploads:
    """Show the uploader and return its uploads that have not become jobs yet.

    Args:
        page: texts and settings.
        options: the chosen options; the preview shows what their normalisation does, and the
            browser keeps them.
        failures: problems of uploads that could not be started, by upload id.
    """
    result = _uploader(
        key=_KEY,
        data={
            "language": page.t.language,
            "labels": page.t.templates(_TEXT_PREFIXES),
            "limit_bytes": page.settings.max_upload_bytes,
            "normalization": _query(options),
            "cookie": f"{COOKIE}={to_cookie(chosen_options(options))}",
            "started": started_uploads(),
            "failures": {each: _failure(problem) for each, problem in failures.items()},
        },
        on_uploads_change=_keep_state,
    )
    try:
        uploads = Uploads.model_validate(result.get("uploads") or {})
    except ValidationError:  # only a tampered browser sends this
        return Uploads()
    started = set(started_uploads())
    return uploads.model_copy(update={"ready": [i for i in uploads.ready if i not in started]})


def _keep_state() -> None:
    """Do nothing; Streamlit keeps the state of a component only if it has a callback."""


def _query(options: TranscribeOptions) -> str:
    chosen = options.model_dump(mode="json", include=_NORMALIZATION, exclude_none=True)
    return urlencode(chosen)


def _failure(problem: Problem) -> dict[str, str | None]:
    kind = problem.type.rpartition("/")[2].replace("-", "_")
    return {"kind": kind, "requestId": problem.request_id}
