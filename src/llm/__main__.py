"""Serve the model on LLM_PORT: `python -m llm`."""

import sys
from contextlib import suppress

from llm.app import create_app
from llm.engines.protocol import CheckpointError
from llm.model_store.resolve import ensure_local_models
from llm.settings import LlmSettings
from servicekit.logs import configure_logging
from servicekit.private_files import keep_files_private
from servicekit.server import serve
from servicekit.tracing import configure_tracing


def main() -> None:
    """Serve until the process is stopped."""
    settings = LlmSettings()
    try:
        ensure_local_models(settings)
    except CheckpointError as error:
        sys.exit(str(error))
    configure_logging(settings.log_level, "llm")
    configure_tracing(settings.otel_exporter_otlp_endpoint, "llm")
    with suppress(PermissionError):  # a read-only folder: all models are in the image
        keep_files_private(settings.models_dir)
    serve(create_app(settings), settings.bind_address, settings.llm_port)


if __name__ == "__main__":
    main()
