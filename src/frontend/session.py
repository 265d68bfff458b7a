"""What the page remembers between runs: the job in its address, the recording on its way."""

from dataclasses import dataclass
from typing import BinaryIO

import streamlit as st

from contracts.transcription import TranscribeOptions
from frontend.backend_client import FrontendError

_JOB = "job"
_SENDING = "sending"


@dataclass(frozen=True)
class Recording:
    """A recording as the browser gave it to us."""

    name: str
    size_bytes: int
    content: BinaryIO


@dataclass
class Sending:
    """A recording on its way to the backend, or one that did not get there."""

    recording: Recording
    options: TranscribeOptions
    failure: FrontendError | None = None


def current_job_id() -> str | None:
    """Return the job that the address names."""
    return st.query_params.get(_JOB) or None


def current_sending() -> Sending | None:
    """Return the recording that is on its way."""
    return st.session_state.get(_SENDING)


def begin_sending(recording: Recording, options: TranscribeOptions) -> None:
    """Remember what to send; the next run sends it."""
    st.session_state[_SENDING] = Sending(recording, options)


def open_job(job_id: str) -> None:
    """Give the page a job's address; the recording is no longer needed here."""
    st.session_state.pop(_SENDING, None)
    st.query_params[_JOB] = job_id


def open_new_transcription() -> None:
    """Go back to the empty page."""
    st.session_state.pop(_SENDING, None)
    st.query_params.pop(_JOB, None)
