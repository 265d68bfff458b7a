"""Where a recording comes from: a file, or the microphone."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import streamlit as st

from frontend.page import Page
from frontend.session import Recording


class Source(StrEnum):
    """Where a recording comes from."""

    FILE = "file"
    MICROPHONE = "microphone"


_ICONS = {Source.FILE: ":material/upload_file:", Source.MICROPHONE: ":material/mic:"}


def choose_source(page: Page) -> Source:
    """Show the choice between a file and the microphone, and return what is chosen."""
    return st.segmented_control(
        page.t("source.label"),
        list(Source),
        default=Source.FILE,
        required=True,
        format_func=lambda source: f"{_ICONS[source]} {page.t(f'source.{source}')}",
        key="source",
        persist_state="session",
        label_visibility="collapsed",
    )


def take_recording(page: Page, source: Source) -> Recording | None:
    """Show the input of a source, and return what it holds."""
    return _take_file(page) if source is Source.FILE else _take_from_microphone(page)


def _take_file(page: Page) -> Recording | None:
    # no list of extensions: the backend judges by the content
    file = st.file_uploader(page.t("upload.label"), key="upload", label_visibility="collapsed")
    return Recording(file.name, file.size, file) if file else None


def _take_from_microphone(page: Page) -> Recording | None:
    sound = st.audio_input(page.t("microphone.label"), key="microphone")
    if not sound:
        return None
    zone = ZoneInfo(st.context.timezone) if st.context.timezone else None
    moment = datetime.now(zone).strftime("%d.%m.%Y %H-%M")
    name = page.t("microphone.file_name", moment=moment)
    return Recording(f"{name}.wav", sound.size, sound)
