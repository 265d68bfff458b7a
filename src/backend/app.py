"""Puts the backend together: wiring and lifespan, no logic."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import run_sync
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry

from backend.dependencies import Services
from backend.jobs.service import JobService
from backend.llm_client import LlmClient
from backend.readiness import readiness_checks
from backend.routes import models, transcriptions, uploads
from backend.routes.request_body import CloseUnreadMiddleware
from backend.routes.tus import TusMiddleware
from backend.settings import BackendSettings
from backend.storage.disk import Disk
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder
from contracts.problems import ProblemType
from servicekit.edge import install_edge
from servicekit.problems import problem_responses


def create_app(settings: BackendSettings) -> FastAPI:
    """Return the backend's app; nothing starts before its lifespan does."""
    registry = CollectorRegistry()
    disk = Disk(settings.data_dir, settings.min_free_disk_bytes)
    services = _services(settings, disk, registry)
    app = FastAPIOffline(
        title="speech_transcription: backend",
        summary="Recordings in, transcripts out.",
        lifespan=_lifespan,
        redirect_slashes=False,
        redoc_url=None,
        responses=problem_responses(ProblemType.INTERNAL),
    )
    app.state.services = services
    for routes in (transcriptions, uploads, models):
        app.include_router(routes.router)
    app.add_middleware(TusMiddleware)
    app.add_middleware(CloseUnreadMiddleware)
    install_edge(app, readiness_checks(services.llm, disk), registry)
    return app


def _services(settings: BackendSettings, disk: Disk, registry: CollectorRegistry) -> Services:
    work = WorkFolder(settings.data_dir / "work", disk, settings.max_upload_bytes)
    uploads_folder = settings.data_dir / "uploads"
    llm = LlmClient(settings)
    return Services(
        jobs=JobService(settings, llm, disk, registry),
        llm=llm,
        uploads=UploadStore(uploads_folder, disk, work, settings.upload_ttl_s),
        work=work,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    with services.work.owned():
        await run_sync(services.uploads.prepare)
        expiry = asyncio.create_task(services.uploads.expire_forever())
        try:
            yield
        finally:
            expiry.cancel()
            await services.jobs.stop()
            await services.llm.aclose()
