"""Starts the backend: `python -m backend`."""

from backend.app import create_app
from backend.settings import BackendSettings
from servicekit.logs import configure_logging
from servicekit.server import serve


def main() -> None:
    """Serve until told to stop."""
    settings = BackendSettings()
    configure_logging(settings.log_level, "backend")
    serve(create_app(settings), settings.bind_address, settings.backend_port)


if __name__ == "__main__":
    main()
