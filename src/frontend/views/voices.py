"""The remembered voices: rename and delete them."""

import streamlit as st

from contracts.jobs import MAX_SPEAKER_NAME_CHARS
from contracts.voices import VoiceProfile
from frontend.components.errors import errors_shown
from frontend.page import Page


def show_voices(page: Page) -> None:
    """Show the remembered voices; nothing where there are none."""
    with errors_shown(page.t):
        voices = page.backend.voices().items
        if not voices:
            return
        with st.container(key="voices"):
            st.subheader(page.t("voices.title"), anchor=False)
            st.caption(page.t("voices.help"))
            for voice in voices:
                _show_voice(page, voice)


def _show_voice(page: Page, voice: VoiceProfile) -> None:
    t = page.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            t("voices.name"),
            voice.name,
            max_chars=MAX_SPEAKER_NAME_CHARS,
            key=f"voice-{voice.id}",
            label_visibility="collapsed",
        ).strip()
        with st.popover(t("voices.delete"), icon=":material/delete:"):
            st.markdown(t("voices.delete.consequence"))
            if st.button(t("voices.delete.confirm"), key=f"delete-voice-{voice.id}"):
                page.backend.delete_voice(voice.id)
                st.rerun()
    if name and name != voice.name:
        page.backend.rename_voice(voice.id, name)
        st.rerun()
