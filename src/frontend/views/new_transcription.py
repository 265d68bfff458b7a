"""The empty page: a recording, the options, and a button."""

import streamlit as st

from frontend.components.failures import show_failure
from frontend.components.options_form import show_options
from frontend.components.recording_input import Source, choose_source, take_recording
from frontend.page import Page
from frontend.session import Recording, begin_sending, current_sending
from frontend.views.sending import show_sending


def show_new_transcription(page: Page) -> None:
    """Show the form, or the recording that is on its way."""
    if sending := current_sending():
        show_sending(page, sending)
        return
    st.caption(page.t("app.promise"))
    left, right = st.columns([3, 2], gap="large")
    with left:
        source = choose_source(page)
        recording = take_recording(page, source)
        button = st.container()
        _show_promises(page)
    with right, st.container(key="options", border=True):
        st.header(page.t("options.title"), anchor=False)
        options = show_options(page.t)
    with button:
        if _start_was_pressed(page, source, recording):
            begin_sending(recording, options)
            st.rerun()


def _show_promises(page: Page) -> None:
    with st.container(key="promises", gap="xsmall"):
        st.caption(f":material/lock: {page.t('promise.private')}")
        st.caption(f":material/schedule: {page.t('promise.times')}")
        st.caption(f":material/subtitles: {page.t('promise.files')}")


def _start_was_pressed(page: Page, source: Source, recording: Recording | None) -> bool:
    limit = page.settings.max_upload_bytes
    too_large = recording is not None and recording.size_bytes > limit
    pressed = st.button(
        page.t("start.button"),
        type="primary",
        icon=":material/notes:",
        disabled=recording is None or too_large,
        key="start",
        width="stretch",
    )
    if too_large:
        too_large_for_us = page.t("upload.failed", size=page.t.file_size(limit))
        show_failure(too_large_for_us, page.t("problem.too_large.next"))
    else:
        st.caption(_hint(page, source, recording), text_alignment="center")
    return pressed


def _hint(page: Page, source: Source, recording: Recording | None) -> str:
    if recording:
        return page.t("start.ready", size=page.t.file_size(recording.size_bytes))
    return page.t("start.no_file" if source is Source.FILE else "start.no_sound")
