"""Puts the backend together: wiring and lifespan, no logic."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from backend.api_keys import ApiKeys
from backend.dependencies import Services, owner_of
from backend.errors import DatabaseUnavailableError
from backend.jobs.metrics import JobMetrics
from backend.jobs.news import JobNews
from backend.jobs.parts import JobParts
from backend.jobs.preview import Previews
from backend.jobs.running import running_jobs
from backend.llm_client import LlmClient
from backend.pipeline.warm_up import warm_up
from backend.readiness import readiness_checks
from backend.routes import (
    audio,
    events,
    exports,
    history,
    job_actions,
    models,
    openai,
    previews,
    statistics,
    transcriptions,
    uploads,
)
from backend.routes.head import HeadMiddleware
from backend.routes.request_body import CloseUnreadMiddleware
from backend.routes.tus import TusMiddleware
from backend.settings import BackendSettings
from backend.statistics import StatisticsCounter
from backend.storage.blobs import BlobStore
from backend.storage.cache import TranscriptCache
from backend.storage.database import (
    ChunkStore,
    Database,
    HistoryStore,
    StatisticsStore,
    TranscriptionStore,
)
from backend.storage.disk import Disk
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder
from contracts import VERSION
from contracts.problems import ProblemType
from servicekit.edge import install_edge
from servicekit.problems import handle_service_error, problem_responses

_ROUTES = (
    transcriptions,
    exports,
    history,
    job_actions,
    events,
    audio,
    openai,
    uploads,
    previews,
    models,
    statistics,
)
RETRY_AFTER_S = 5
"""What a client is told to wait when the database is away."""

_MAX_PROCESSES = 64
"""Backends that may share a PostgreSQL and a data folder; a SQLite is one process's own."""


def create_app(settings: BackendSettings) -> FastAPI:
    """Return the backend's app; nothing starts before its lifespan does."""
    registry = CollectorRegistry()
    metrics = JobMetrics(registry)
    disk = Disk(settings.data_dir, settings.min_free_disk_bytes)
    llm = LlmClient(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _running(settings, disk, llm, metrics, app):
            yield

    app = FastAPIOffline(
        title="speech_transcription: backend",
        summary="Recordings in, transcripts out.",
        version=VERSION,
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
        responses=problem_responses(ProblemType.INTERNAL),
    )
    needs_key = [Depends(owner_of)]
    for routes in _ROUTES:
        app.include_router(
            routes.router,
            dependencies=needs_key,
            responses=problem_responses(ProblemType.UNAUTHORIZED, ProblemType.TOO_MANY_WRONG_KEYS),
        )
    app.add_middleware(HeadMiddleware)
    app.add_middleware(TusMiddleware)
    app.add_middleware(CloseUnreadMiddleware)

    def ping_database() -> None:
        app.state.database.ping()

    checks = readiness_checks(llm, disk, ping_database)
    install_edge(app, settings, checks, registry, needs_key)
    app.add_exception_handler(OperationalError, _answer_database_away)
    return app


async def _answer_database_away(_request: Request, error: Exception) -> Response:
    """Answer for a database that has stayed away for as long as the stores wait for it."""
    away = DatabaseUnavailableError("The database cannot be reached.", retry_after_s=RETRY_AFTER_S)
    away.__cause__ = error
    return await handle_service_error(_request, away)


@asynccontextmanager
async def _running(
    settings: BackendSettings, disk: Disk, llm: LlmClient, metrics: JobMetrics, app: FastAPI
) -> AsyncIterator[None]:
    work = _work_folder(settings, disk)
    upload_store = UploadStore(settings.data_dir / "uploads", disk, work, settings.upload_ttl_s)
    with work.owned():
        await upload_store.prepare()
        database = await run_sync(Database.open, settings.database, settings.data_dir)
        cache = TranscriptCache(settings.redis_url)
        app.state.database = database
        parts = JobParts(
            settings=settings,
            metrics=metrics,
            news=JobNews(),
            llm=llm,
            disk=disk,
            work=work,
            transcriptions=TranscriptionStore(database),
            history=HistoryStore(database),
            chunks=ChunkStore(database),
            blobs=BlobStore(settings.data_dir / "blobs"),
            cache=cache,
        )
        previews = Previews(parts, upload_store)
        statistics = StatisticsCounter(settings, StatisticsStore(database), disk)
        chores = [
            asyncio.create_task(chore)
            for chore in (upload_store.expire_forever(), previews.sweep_forever())
        ]
        try:
            async with running_jobs(parts) as jobs:
                keys = ApiKeys(settings.keys)
                app.state.services = Services(
                    keys, jobs, llm, upload_store, work, previews, statistics
                )
                # not before all else has started: that would take longer
                chores.append(asyncio.create_task(run_sync(warm_up)))
                yield
        finally:
            for chore in chores:
                chore.cancel()
            await previews.close()
            await llm.aclose()
            await cache.aclose()
            await run_sync(database.close)


def _work_folder(settings: BackendSettings, disk: Disk) -> WorkFolder:
    return WorkFolder(
        settings.data_dir / "work",
        disk,
        settings.max_upload_bytes,
        max_processes=1 if settings.database.startswith("sqlite") else _MAX_PROCESSES,
    )
