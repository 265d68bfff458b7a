"""Runs a service's app with uvicorn."""

import uvicorn
from fastapi import FastAPI

from servicekit.connections import BACKLOG, LimitedConnection

SHUTDOWN_S = 5
"""Seconds that open requests may take to finish at shutdown."""


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve an app until it is stopped; the app configures its own logging."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        http=LimitedConnection,
        backlog=BACKLOG,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
