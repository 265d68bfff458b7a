"""Put the backend's app together: routes, middleware, error handlers and lifespan."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from backend.dependencies import Services, account_of, require_metrics_key
from backend.errors import DatabaseUnavailableError
from backend.llm_client import LlmClient
from backend.metrics import JobMetrics, LlmMetrics
from backend.readiness import readiness_checks
from backend.routes import (
    accounts,
    asr,
    audio,
    audit,
    evaluation,
    events,
    exports,
    folders,
    glossary,
    history,
    job_actions,
    models,
    notes,
    openai,
    previews,
    segments,
    shared,
    shares,
    statistics,
    transcriptions,
    uploads,
    voices,
)
from backend.routes.cors import install_cors
from backend.routes.head import HeadMiddleware
from backend.routes.openai.errors import install_openai_errors
from backend.routes.request_body import CloseUnreadMiddleware
from backend.routes.tus import TusMiddleware
from backend.runtime import running_services
from backend.settings import BackendSettings
from backend.storage.disk import Disk
from backend.timing import Timing
from contracts import VERSION
from contracts.problems import ProblemType
from servicekit import tracing
from servicekit.edge import install_edge
from servicekit.problems import handle_service_error, problem_responses

_ROUTES = (
    transcriptions,
    exports,
    history,
    folders,
    job_actions,
    segments,
    notes,
    shares,
    events,
    audio,
    openai,
    asr,
    uploads,
    previews,
    models,
    statistics,
    evaluation,
    voices,
    glossary,
    accounts,
    audit,
)
RETRY_AFTER_S = 5
"""Seconds after which a client may try again while the database is unreachable."""


def create_app(settings: BackendSettings, timing: Timing | None = None) -> FastAPI:
    """Return the backend's app; its lifespan starts everything.

    Args:
        timing: intervals of background work; tests shorten them.
    """
    registry = CollectorRegistry()
    metrics = JobMetrics(registry)
    disk = Disk(settings.data_dir, settings.min_free_disk_bytes)
    llm = LlmClient(settings, LlmMetrics(registry))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with running_services(settings, timing or Timing(), llm, disk, metrics) as services:
            app.state.services = services
            yield
        await run_sync(tracing.flush)

    app = FastAPIOffline(
        title="speech_transcription: backend",
        summary="Recordings in, transcripts out.",
        version=VERSION,
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
        responses=problem_responses(ProblemType.INTERNAL, ProblemType.NOT_READY),
    )
    needs_key = [Depends(account_of)]
    for routes in _ROUTES:
        app.include_router(
            routes.router,
            dependencies=needs_key,
            responses=problem_responses(ProblemType.UNAUTHORIZED, ProblemType.TOO_MANY_WRONG_KEYS),
        )
    app.include_router(shared.router)  # the link is the key
    app.add_middleware(HeadMiddleware)
    app.add_middleware(TusMiddleware)
    app.add_middleware(CloseUnreadMiddleware)
    install_cors(app, settings.origins)

    def ping_database() -> None:
        services: Services = app.state.services
        services.database.ping()

    async def ping_blobs() -> None:
        services: Services = app.state.services
        await services.blobs.ping()

    checks = readiness_checks(llm, disk, ping_database, ping_blobs)
    install_edge(app, settings, checks, registry, [Depends(require_metrics_key)])
    install_openai_errors(app)
    app.add_exception_handler(OperationalError, _handle_database_unavailable)
    return app


async def _handle_database_unavailable(request: Request, error: Exception) -> Response:
    """Answer when the database stayed unreachable for as long as the stores retry."""
    unavailable = DatabaseUnavailableError(
        "The database cannot be reached.", retry_after_s=RETRY_AFTER_S
    )
    unavailable.__cause__ = error
    return await handle_service_error(request, unavailable)
