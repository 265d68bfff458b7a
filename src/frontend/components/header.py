"""The top of the page: its name, its views, and the switches of language and theme."""

import streamlit as st

from frontend.components.web_component import web_component
from frontend.i18n import Language, Translator
from frontend.session import View, current_job_id, current_view

_LANGUAGE = "lang"
_LANGUAGE_NAMES = {Language.RU: "Русский", Language.EN: "English"}
_THEMES = ("System", "Light", "Dark")
"""As Streamlit names them in the browser's storage."""

_frame = web_component("frame")


def chosen_language() -> Language:
    """Return the language of the address, else the one chosen at an earlier visit."""
    for choices in (st.query_params, st.context.cookies):
        try:
            return Language(choices.get(_LANGUAGE, ""))
        except ValueError:
            continue
    return next(iter(Language))


def show_header(t: Translator) -> None:
    """Show the top of the page, and tell the browser which language the page is in."""
    labels = {name: t(f"header.{name}") for name in ("views", "language", "theme")}
    data = {
        "title": t("app.title"),
        "here": name_of_view(t),
        "language": t.language,
        "labels": labels,
        "views": [_link_to(t, view) for view in View],
        "languages": [{"code": code, "name": name} for code, name in _LANGUAGE_NAMES.items()],
        "themes": [(theme, t(f"header.theme.{theme.lower()}")) for theme in _THEMES],
    }
    with st.container(key="header"):
        _frame(key="frame", data=data)


def name_of_view(t: Translator) -> str:
    """Return what the view is called that the address names."""
    return t("view.job") if current_job_id() else t(f"view.{current_view()}")


def _link_to(t: Translator, view: View) -> dict[str, object]:
    is_first = view is next(iter(View))
    return {
        "label": t(f"view.{view}"),
        "query": {} if is_first else {"view": view},
        "current": current_job_id() is None and view is current_view(),
    }
