"""Start the backend: `python -m backend`."""

import asyncio
import sys

from backend.app import create_app
from backend.settings import BackendSettings
from backend.storage.database import Database, KeyStore
from servicekit.logs import configure_logging
from servicekit.private_files import keep_files_private, keep_new_files_private
from servicekit.server import serve
from servicekit.tracing import configure_tracing


def main() -> None:
    """Serve until the process is stopped."""
    settings = BackendSettings()
    keep_new_files_private()
    if settings.is_open_to_others and not _has_stored_keys(settings.database):
        sys.exit(
            "Without API keys only this machine may connect: make one with `make key`, set "
            "API_KEYS, or leave BIND_ADDRESS at 127.0.0.1."
        )
    configure_logging(settings.log_level, "backend")
    configure_tracing(settings.otel_exporter_otlp_endpoint, "backend")
    keep_files_private(settings.data_dir, settings.database_files())
    serve(create_app(settings), settings.bind_address, settings.backend_port)


def _has_stored_keys(url: str) -> bool:
    database = Database.open(url)
    try:
        return asyncio.run(KeyStore(database).any_exists())
    finally:
        database.close()


if __name__ == "__main__":
    main()
