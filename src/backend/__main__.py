"""Start the backend: `python -m backend`."""

import sys

from backend.app import create_app
from backend.settings import BackendSettings
from servicekit.logs import configure_logging
from servicekit.private_files import keep_files_private
from servicekit.server import serve
from servicekit.tracing import configure_tracing


def main() -> None:
    """Serve until the process is stopped."""
    settings = BackendSettings()
    if settings.is_open_to_others:
        sys.exit(
            "Without API keys only this machine may connect: set API_KEYS, or leave "
            "BIND_ADDRESS at 127.0.0.1."
        )
    configure_logging(settings.log_level, "backend")
    configure_tracing(settings.otel_exporter_otlp_endpoint, "backend")
    keep_files_private(settings.data_dir, settings.database_files())
    serve(create_app(settings), settings.bind_address, settings.backend_port)


if __name__ == "__main__":
    main()
