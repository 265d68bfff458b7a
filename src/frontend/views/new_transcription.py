"""The start view: upload recordings, choose options, start the jobs."""

import streamlit as st

from contracts.jobs import UploadedRecording
from contracts.options import TranscribeOptions
from contracts.problems import Problem
from frontend.backend_client import BackendError, BackendUnavailableError
from frontend.components.glossary_field import is_glossary_saved
from frontend.components.options_form import show_options
from frontend.components.uploader import Uploads, show_uploader
from frontend.models import known_models
from frontend.page import Page
from frontend.saved_options import from_cookies
from frontend.session import open_history, open_job, remember_started

_FAILURES = "start-failures"

_UNAVAILABLE = Problem(type="/problems/unavailable", title="", status=503, detail="")
"""Represents a backend that did not answer."""


def show_new_transcription(page: Page) -> None:
    """Show one card: the uploader, the options and the start button."""
    with st.container(key="start"):
        st.caption(page.t("app.tagline"))
        with st.container(key="start-card", border=True):
            _show_card(page)
        _show_features(page)


def _show_card(page: Page) -> None:
    recordings = st.container(key="recordings")
    recordings.empty()  # Streamlit would draw a container without elements later
    saved = from_cookies(st.context.cookies)
    options = show_options(page.t, page.backend, saved, known_models(page))
    with recordings:
        uploads = show_uploader(page, options, st.session_state.get(_FAILURES, {}))
    if _start_pressed(page, uploads) and is_glossary_saved():
        _start(page, uploads.ready, options)


def _show_features(page: Page) -> None:
    with st.container(key="features", gap="xsmall"):
        st.caption(f":material/lock: {page.t('about.private')}")
        st.caption(f":material/schedule: {page.t('about.timestamps')}")
        st.caption(f":material/subtitles: {page.t('about.formats')}")


def _start_pressed(page: Page, uploads: Uploads) -> bool:
    pressed = st.button(
        page.t("start.button"),
        type="primary",
        icon=":material/notes:",
        disabled=not uploads.ready or uploads.n_uploading > 0,
        key="start-button",
        width="stretch",
    )
    st.caption(_hint(page, uploads), text_alignment="center")
    return pressed


def _hint(page: Page, uploads: Uploads) -> str:
    if uploads.n_uploading:
        return page.t("start.uploading")
    if uploads.ready:
        return page.t("start.ready", count=len(uploads.ready))
    return page.t("start.no_file")


def _start(page: Page, upload_ids: list[str], options: TranscribeOptions) -> None:
    """Start a job per upload and navigate to it; stay here if one could not be started."""
    values = options.model_dump(exclude_none=True)
    job_ids: dict[str, str] = {}
    failures: dict[str, Problem] = {}
    for upload_id in upload_ids:
        try:
            recording = UploadedRecording(upload_id=upload_id, **values)
            job_ids[upload_id] = page.backend.start(recording).id
        except BackendError as error:
            failures[upload_id] = error.problem
        except BackendUnavailableError:
            failures[upload_id] = _UNAVAILABLE
    remember_started(job_ids)
    st.session_state[_FAILURES] = failures
    if not failures:
        if len(job_ids) == 1:
            open_job(*job_ids.values())
        else:
            open_history()
    st.rerun()
