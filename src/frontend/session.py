"""What the page remembers between runs: the view and job in its address, what was started."""

from collections.abc import Iterable
from enum import StrEnum

import streamlit as st

_JOB = "job"
_VIEW = "view"
_STARTED = "started-uploads"


class View(StrEnum):
    """What the address can ask for by `?view=`; the first is there without it."""

    NEW = "new"
    HISTORY = "history"
    SYSTEM = "system"


def current_job_id() -> str | None:
    """Return the job that the address names."""
    return st.query_params.get(_JOB) or None


def current_view() -> View:
    """Return the view that the address names; one that we do not have is the first one."""
    try:
        return View(st.query_params.get(_VIEW, View.NEW))
    except ValueError:
        return View.NEW


def started_uploads() -> list[str]:
    """Return the uploads that this visit has made jobs of."""
    return st.session_state.get(_STARTED, [])


def remember_started(upload_ids: Iterable[str]) -> None:
    """Note that uploads have become jobs: they are no longer to be started."""
    st.session_state[_STARTED] = [*started_uploads(), *upload_ids]


def open_job(job_id: str) -> None:
    """Give the page a job's address."""
    st.query_params[_JOB] = job_id


def open_history() -> None:
    """Go to the list of all recordings."""
    st.query_params[_VIEW] = View.HISTORY
