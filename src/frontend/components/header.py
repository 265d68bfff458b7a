"""The page header: title, links to the views, language and theme."""

import streamlit as st

from contracts.languages import preferred_languages
from frontend.components.web_component import web_component
from frontend.i18n import Language, Translator
from frontend.session import View, closed_notice_cookie, current_job_id, current_view

_LANGUAGE = "lang"
_LANGUAGE_NAMES = {Language.RU: "Русский", Language.EN: "English"}
_THEMES = ("System", "Light", "Dark")
"""Streamlit's names for them in the browser's storage."""

_frame = web_component("frame")


def chosen_language() -> Language:
    """Return the language from the address, else the cookie, else the browser, else the default."""
    chosen = (choices.get(_LANGUAGE, "") for choices in (st.query_params, st.context.cookies))
    preferred = preferred_languages(st.context.headers.get("Accept-Language", ""))
    known = (each for each in (*chosen, *preferred) if each in _LANGUAGE_NAMES)
    return Language(next(known, next(iter(Language))))


def show_header(t: Translator) -> None:
    """Show the header and set the document's language."""
    labels = {name: t(f"header.{name}") for name in ("views", "language", "theme")}
    data = {
        "title": t("app.title"),
        "here": view_name(t),
        "language": t.language,
        "labels": labels,
        "views": [_view_link(t, view) for view in View],
        "languages": [{"code": code, "name": name} for code, name in _LANGUAGE_NAMES.items()],
        "cookie": closed_notice_cookie(),
        "themes": [(theme, t(f"header.theme.{theme.lower()}")) for theme in _THEMES],
    }
    with st.container(key="header"):
        _frame(key="frame", data=data)


def view_name(t: Translator) -> str:
    """Return the name of the current view."""
    return t("view.job") if current_job_id() else t(f"view.{current_view()}")


def _view_link(t: Translator, view: View) -> dict[str, object]:
    is_first = view is next(iter(View))
    return {
        "label": t(f"view.{view}"),
        "query": {} if is_first else {"view": view},
        "current": current_job_id() is None and view is current_view(),
    }
