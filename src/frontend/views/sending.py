"""The recording on its way to the backend."""

import streamlit as st

from contracts.jobs import UploadedRecording
from frontend.backend_client import FrontendError
from frontend.components.failures import show_frontend_error
from frontend.components.plain_text import plain_text
from frontend.page import Page
from frontend.session import Sending, begin_sending, open_job, open_new_transcription


def show_sending(page: Page, sending: Sending) -> None:
    """Send the recording and open its job, or show why that did not work."""
    with st.container(key="narrow"):
        plain_text(sending.recording.name, "title", "file-name")
        if sending.failure:
            _show_failure(page, sending, sending.failure)
            return
        try:
            job_id = _send(page, sending)
        except FrontendError as error:
            sending.failure = error
        else:
            open_job(job_id)
    st.rerun()


def _send(page: Page, sending: Sending) -> str:
    t, recording = page.t, sending.recording
    bar = st.progress(0.0, t("sending.title"))
    st.caption(t("sending.stay"))

    def show_progress(sent: int, total: int) -> None:
        progress = t("sending.progress", sent=t.file_size(sent), total=t.file_size(total))
        bar.progress(sent / total if total else 1.0, progress)

    upload_id = page.backend.upload(
        recording.content, recording.size_bytes, recording.name, show_progress
    )
    bar.progress(1.0, t("sending.accepting"))
    options = sending.options.model_dump(exclude_none=True)
    return page.backend.start(UploadedRecording(upload_id=upload_id, **options)).id


def _show_failure(page: Page, sending: Sending, failure: FrontendError) -> None:
    show_frontend_error(page.t, failure)
    with st.container(horizontal=True):
        st.button(
            page.t("sending.retry"),
            type="primary",
            icon=":material/refresh:",
            key="retry",
            on_click=begin_sending,
            args=(sending.recording, sending.options),
        )
        st.button(page.t("sending.another"), key="another", on_click=open_new_transcription)
