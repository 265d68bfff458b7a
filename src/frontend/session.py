"""State kept between runs: view and job in the address, started uploads in the session."""

from collections.abc import Iterable
from enum import StrEnum

import streamlit as st

_JOB = "job"
_VIEW = "view"
_STARTED = "started-uploads"


class View(StrEnum):
    """Values of `?view=`; the first one is the default."""

    NEW = "new"
    HISTORY = "history"
    SYSTEM = "system"


def current_job_id() -> str | None:
    """Return the job id from the address."""
    return st.query_params.get(_JOB) or None


def current_view() -> View:
    """Return the view from the address; an unknown one becomes the default."""
    try:
        return View(st.query_params.get(_VIEW, View.NEW))
    except ValueError:
        return View.NEW


def started_uploads() -> list[str]:
    """Return the uploads that became jobs in this session."""
    return st.session_state.get(_STARTED, [])


def remember_started(upload_ids: Iterable[str]) -> None:
    """Record that uploads became jobs, so that they are not started twice."""
    st.session_state[_STARTED] = [*started_uploads(), *upload_ids]


def open_job(job_id: str) -> None:
    """Navigate to a job."""
    st.query_params[_JOB] = job_id


def open_history() -> None:
    """Navigate to the history."""
    st.query_params[_VIEW] = View.HISTORY
