"""Runs the page: `python -m frontend`."""

import logging
from pathlib import Path

import uvicorn
from streamlit import net_util
from streamlit.starlette import App
from streamlit.web import bootstrap

from frontend.backend_client import BackendClient
from frontend.backend_gateway import BackendGateway
from frontend.bulk_export import bulk_export
from frontend.page_files import page_files
from frontend.settings import FrontendSettings
from frontend.theme import theme_options

SHUTDOWN_S = 5
"""Seconds that open requests are given to finish when the page is stopped."""


def streamlit_options(settings: FrontendSettings) -> dict[str, object]:
    """Return Streamlit's options, named as its flags are, so that they win over its files."""
    return {
        "browser_gatherUsageStats": False,
        "client_showErrorDetails": "none",
        "client_showErrorLinks": False,
        "client_toolbarMode": "minimal",
        "client_showSidebarNavigation": False,
        "logger_level": _streamlit_log_level(settings.log_level),
        "server_address": settings.bind_address,
        "server_port": settings.frontend_port,
        "server_headless": True,
        "server_showEmailPrompt": False,
        "server_fileWatcherType": "none",
        # files go to the backend; Streamlit would hold them in memory
        "server_maxUploadSize": 1,
        **theme_options(),
    }


def _streamlit_log_level(level: str) -> str:
    # at DEBUG Streamlit writes what it sends to the browser, and that holds transcripts
    return "info" if level == "DEBUG" else level.lower()


def configure_logging(level: str) -> None:
    """Send our own lines to stderr; httpx would tell the address of every request."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("frontend").setLevel(level)
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def never_ask_for_external_address() -> None:
    """Keep Streamlit from asking a server on the internet which address we have there.

    It would at each start, and for each page of another origin that tries to connect.
    """
    net_util.get_external_ip = lambda: None


def create_app(settings: FrontendSettings) -> App:
    """Return the page's server: Streamlit's, with our own files and the way to the backend."""
    bootstrap.load_config_options(streamlit_options(settings))
    gateway = BackendGateway(settings.backend_url, settings.backend_headers)
    backend = BackendClient(settings.backend_url, settings.backend_headers)
    return App(
        Path(__file__).with_name("app.py"),
        routes=[gateway.route, page_files(), bulk_export(backend)],
        lifespan=gateway.open,
    )


def main() -> None:
    """Serve the page until it is told to stop."""
    settings = FrontendSettings()
    never_ask_for_external_address()
    configure_logging(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.bind_address,
        port=settings.frontend_port,
        log_level=_streamlit_log_level(settings.log_level),
        access_log=False,
        server_header=False,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )


if __name__ == "__main__":
    main()
