"""Runs a service's app under uvicorn."""

import uvicorn
from fastapi import FastAPI

SHUTDOWN_S = 5
"""Seconds that open requests are given to finish when the service is stopped."""


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve an app until it is told to stop; logs are the app's own business."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
