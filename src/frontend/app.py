"""What Streamlit runs at each visit and click: the page's frame, and the view that is due."""

from pathlib import Path

import streamlit as st

from frontend.backend_client import BackendClient
from frontend.components.failures import told_in_plain_words
from frontend.components.header import show_header
from frontend.components.page_style import apply_page_style
from frontend.components.service_banner import show_service_banner
from frontend.i18n import Translator
from frontend.page import Page
from frontend.session import current_job_id
from frontend.settings import FrontendSettings
from frontend.views.job import show_job
from frontend.views.new_transcription import show_new_transcription

# a picture of our own: the browser would fetch an icon named by Streamlit from elsewhere
_ICON = Path(__file__).with_name("icon.svg")


@st.cache_resource(show_spinner=False)
def backend_client(base_url: str) -> BackendClient:
    """Return the one client of a backend, shared by all visitors."""
    return BackendClient(base_url)


def main() -> None:
    """Draw the page."""
    st.set_page_config(page_icon=_ICON, layout="wide")
    settings = FrontendSettings()
    t = Translator(show_header())
    page = Page(t, backend_client(settings.backend_url), settings)
    apply_page_style(page)
    st.set_page_config(page_title=t("app.title"))
    with told_in_plain_words(t):
        show_service_banner(page)
        if job_id := current_job_id():
            show_job(page, job_id)
        else:
            show_new_transcription(page)


main()
