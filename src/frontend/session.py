"""State kept between runs: view and job in the address, the rest in session and cookies."""

from collections.abc import Iterable
from enum import StrEnum

import streamlit as st

_JOB = "job"
_VIEW = "view"
_STARTED = "started-uploads"
_CLOSED_NOTICE = "closed-notice"


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


def closed_notice() -> str:
    """Return the notice about the service that this browser's visitor has closed, or ""."""
    return st.session_state.get(_CLOSED_NOTICE, st.context.cookies.get(_CLOSED_NOTICE, ""))


def close_notice(notice: str) -> None:
    """Record that the visitor has closed a notice; "" when there is none to close any more."""
    st.session_state[_CLOSED_NOTICE] = notice


def closed_notice_cookie() -> str | None:
    """Return the cookie that the browser has to keep; None if it has the right one."""
    closed = closed_notice()
    is_kept = closed == st.context.cookies.get(_CLOSED_NOTICE, "")
    return None if is_kept else f"{_CLOSED_NOTICE}={closed}"
