"""Serve the model on LLM_PORT: `python -m llm`."""

from contextlib import suppress

from llm.app import create_app
from llm.settings import LlmSettings
from servicekit.logs import configure_logging
from servicekit.private_files import keep_files_private
from servicekit.server import serve

if __name__ == "__main__":
    settings = LlmSettings()
    configure_logging(settings.log_level, "llm")
    with suppress(PermissionError):  # a read-only folder: all models are in the image
        keep_files_private(settings.models_dir)
    serve(create_app(settings), settings.bind_address, settings.llm_port)
