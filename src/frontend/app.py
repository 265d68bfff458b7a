"""What Streamlit runs at each visit and click: the page's frame, and the view that is due."""

from pathlib import Path

import streamlit as st

from frontend.backend_client import BackendClient
from frontend.components.failures import told_in_plain_words
from frontend.components.header import chosen_language, name_of_view, show_header
from frontend.components.page_style import apply_page_style
from frontend.components.service_banner import show_service_banner
from frontend.i18n import Translator
from frontend.page import Page
from frontend.session import View, current_job_id, current_view
from frontend.settings import FrontendSettings
from frontend.views.history import show_history
from frontend.views.job import show_job
from frontend.views.new_transcription import show_new_transcription
from frontend.views.statistics import show_statistics

# a picture of our own: the browser would fetch an icon named by Streamlit from elsewhere
_ICON = Path(__file__).with_name("icon.svg")


@st.cache_resource(show_spinner=False)
def backend_client(base_url: str, _headers: dict[str, str]) -> BackendClient:
    """Return the one client of a backend, shared by all visitors."""
    return BackendClient(base_url, _headers)


def main() -> None:
    """Draw the page."""
    settings = FrontendSettings()
    t = Translator(chosen_language())
    title = f"{name_of_view(t)} · {t('app.title')}"
    st.set_page_config(page_title=title, page_icon=_ICON, layout="wide")
    page = Page(t, backend_client(settings.backend_url, settings.backend_headers), settings)
    apply_page_style()
    show_header(t)
    with told_in_plain_words(t):
        show_service_banner(page)
        _show_view(page)


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
