"""The top of the page: its name, and the switch of its language."""

import streamlit as st

from frontend.i18n import Language, Translator

_LANGUAGE_KEY = "lang"


def show_header() -> Language:
    """Show the top of the page, and return the language that it is to be in."""
    with st.container(
        key="header",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        title = st.container(width="content")
        # the switch is bound to `?lang=`, so that an address can be shared with its language
        language = st.segmented_control(
            "Язык · Language",
            list(Language),
            default=next(iter(Language)),
            required=True,
            format_func=str.upper,
            key=_LANGUAGE_KEY,
            bind="query-params",
            label_visibility="collapsed",
        )
        t = Translator(language)
        title.title(f":primary[:material/graphic_eq:] {t('app.title')}", anchor=False)
    return language
