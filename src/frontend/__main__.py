"""Run the page: `python -m frontend`."""

import logging
from pathlib import Path

import uvicorn
from starlette.middleware import Middleware
from streamlit import net_util
from streamlit.starlette import App
from streamlit.web import bootstrap

from contracts.hosts import AllowedHosts
from frontend.backend_gateway import BackendGateway
from frontend.hosts import HostsMiddleware
from frontend.page_files import page_routes
from frontend.security_headers import SecurityHeadersMiddleware
from frontend.settings import FrontendSettings
from frontend.shared_page import shared_page_route
from frontend.theme import theme_options
from frontend.unknown_addresses import UnknownAddressMiddleware
from servicekit import tracing
from servicekit.connections import BACKLOG, LimitedConnection

SHUTDOWN_S = 5
"""Seconds to wait for open requests on shutdown."""


def streamlit_options(settings: FrontendSettings) -> dict[str, object]:
    """Return Streamlit's options under the names of its flags, which override its config files."""
    hosts = allowed_hosts(settings)
    return {
        "browser_gatherUsageStats": False,
        "client_showErrorDetails": "none",
        "client_showErrorLinks": False,
        "client_toolbarMode": "minimal",
        "client_showSidebarNavigation": False,
        "logger_level": _streamlit_log_level(settings.log_level),
        "server_address": settings.bind_address,
        "server_port": settings.frontend_port,
        # it knows no addresses by kind, so that `HostsMiddleware` alone checks for a wildcard
        "server_allowedHosts": [] if hosts.any_address else sorted(hosts.names),
        "server_headless": True,
        "server_showEmailPrompt": False,
        "server_fileWatcherType": "none",
        # browsers upload straight to the backend; Streamlit would hold the files in memory
        "server_maxUploadSize": 1,
        **theme_options(),
    }


def allowed_hosts(settings: FrontendSettings) -> AllowedHosts:
    """Return the hosts under which browsers may open the page."""
    return AllowedHosts.parse(settings.allowed_hosts, settings.bind_address)


def _streamlit_log_level(level: str) -> str:
    # at DEBUG Streamlit logs what it sends to the browser, transcripts included
    return "info" if level == "DEBUG" else level.lower()


def configure_logging(level: str) -> None:
    """Log to stderr, without httpx's line for every request."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if tracing.is_configured():
        for handler in logging.getLogger().handlers:
            handler.addFilter(_add_trace_id)
    logging.getLogger("frontend").setLevel(level)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _add_trace_id(record: logging.LogRecord) -> bool:
    if trace_id := tracing.trace_id():
        record.msg = f"{record.msg} trace_id={trace_id}"
    return True


def disable_external_address_lookup() -> None:
    """Stop Streamlit from asking a server on the internet for this machine's public address.

    It does so at every start and whenever a page of another origin tries to connect.
    """
    net_util.get_external_ip = _no_address


def _no_address() -> str | None:
    return None


def create_app(settings: FrontendSettings) -> App:
    """Return Streamlit's server with the page's static files and the backend gateway added."""
    bootstrap.load_config_options(streamlit_options(settings))
    gateway = BackendGateway(settings.backend_url, settings.backend_headers, settings.sign_in)
    return App(
        Path(__file__).with_name("app.py"),
        routes=[gateway.route, shared_page_route(), *page_routes()],
        lifespan=gateway.open,
        middleware=[
            Middleware(SecurityHeadersMiddleware),
            Middleware(HostsMiddleware, hosts=allowed_hosts(settings)),
            Middleware(UnknownAddressMiddleware),
        ],
    )


def main() -> None:
    """Serve the page until the process is stopped."""
    settings = FrontendSettings()
    disable_external_address_lookup()
    tracing.configure_tracing(settings.otel_exporter_otlp_endpoint, "frontend")
    configure_logging(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.bind_address,
        port=settings.frontend_port,
        log_level=_streamlit_log_level(settings.log_level),
        access_log=False,
        server_header=False,
        http=LimitedConnection,
        backlog=BACKLOG,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )


if __name__ == "__main__":
    main()
