"""The field of names and terms, which are saved for all new transcriptions."""

import streamlit as st
from pydantic import ValidationError

from contracts.glossary import SavedGlossary
from frontend.backend_client import BackendClient, FrontendError
from frontend.i18n import Translator

_KEY = "glossary"
_LOADED = "glossary-loaded"
_PROBLEM = "glossary-problem"
_HEIGHT = 68
"""Pixels: two lines; longer lists scroll."""


def show_glossary(t: Translator, backend: BackendClient) -> None:
    """Show the saved glossary, and save each change of it."""
    _load(backend)
    st.text_area(
        t("options.glossary"),
        placeholder=t("options.glossary.example"),
        help=t("options.glossary.help"),
        key=_KEY,
        persist_state="session",
        height=_HEIGHT,
        disabled=_LOADED not in st.session_state,
        on_change=_save,
        args=(backend,),
    )
    if problem := st.session_state.get(_PROBLEM):
        st.error(t(problem))


def is_glossary_saved() -> bool:
    """Return whether a job would get the names and terms that are shown."""
    return _PROBLEM not in st.session_state


def _load(backend: BackendClient) -> None:
    """Show what another page has saved since, unless a change of this one is unsaved."""
    try:
        saved = backend.glossary().glossary
    except FrontendError:
        return
    if st.session_state.get(_LOADED) != saved and is_glossary_saved():
        _show(saved)


def _save(backend: BackendClient) -> None:
    st.session_state.pop(_PROBLEM, None)
    try:
        saved = SavedGlossary(glossary=st.session_state[_KEY])
        _show(backend.save_glossary(saved).glossary)
    except ValidationError:
        st.session_state[_PROBLEM] = "options.glossary.invalid"
    except FrontendError:
        st.session_state[_PROBLEM] = "options.glossary.unsaved"


def _show(saved: str) -> None:
    st.session_state[_KEY] = st.session_state[_LOADED] = saved
