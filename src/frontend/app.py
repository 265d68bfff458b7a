"""The script that Streamlit runs on every visit and click: draw the frame and one view."""

from pathlib import Path

import streamlit as st

from frontend.backend_client import BackendClient, SignInMissingError
from frontend.components.errors import errors_shown
from frontend.components.header import chosen_language, show_header, view_name
from frontend.components.service_banner import show_service_banner
from frontend.i18n import Translator
from frontend.page import Page
from frontend.session import View, current_job_id, current_view
from frontend.settings import FrontendSettings
from frontend.sign_in import signed_in_user
from frontend.views.history import show_history
from frontend.views.job import show_job
from frontend.views.new_transcription import show_new_transcription
from frontend.views.statistics import show_statistics

# a local file: the browser would download an icon of Streamlit's from the internet
_ICON = Path(__file__).with_name("icon.svg")


@st.cache_resource(show_spinner=False)
def backend_client(base_url: str, _headers: dict[str, str]) -> BackendClient:
    """Return the client of a backend, shared by all visitors."""
    return BackendClient(base_url, _headers)


def main() -> None:
    """Draw the page."""
    settings = FrontendSettings()
    t = Translator(chosen_language())
    title = f"{view_name(t)} · {t('app.title')}"
    st.set_page_config(page_title=title, page_icon=_ICON, layout="wide")
    show_header(t)
    with errors_shown(t):
        page = Page(t, _backend_for_visitor(settings), settings)
        show_service_banner(page)
        _show_view(page)


def _backend_for_visitor(settings: FrontendSettings) -> BackendClient:
    """Return the client that calls the backend for this visitor alone.

    Raises: SignInMissingError: visitors sign in, and this one has not.
    """
    backend = backend_client(settings.backend_url, settings.backend_headers)
    if not settings.sign_in:
        return backend
    user = signed_in_user(settings.sign_in, st.context.headers.get_all)
    if user is None:
        raise SignInMissingError
    return backend.acting_for(settings.sign_in.headers_of(user))


def _show_view(page: Page) -> None:
    if job_id := current_job_id():
        show_job(page, job_id)
        return
    match current_view():
        case View.HISTORY:
            show_history(page)
        case View.SYSTEM:
            show_statistics(page)
        case View.NEW:
            show_new_transcription(page)


main()
