"""The llm as a deployment of Ray Serve: replicas of the same app and engine.

Ray Serve starts and stops replicas, sends each request to the one with the shorter queue, and
replaces a replica that is not healthy. Everything else is the app of `python -m llm`: each replica
collects its requests into batches of its own.
"""

import asyncio
import math
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import ray
from fastapi import FastAPI
from ray import serve

from contracts.models import HealthStatus
from llm.app import create_app
from llm.model_pool import ModelPool
from llm.settings import LlmSettings
from servicekit.logs import configure_logging
from servicekit.tracing import configure_tracing

READY_POLL_S = 0.5


@serve.deployment(name="llm")
@serve.ingress()
class Replica:
    """A process with the app; it gets requests once its model is loaded."""

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Return the app, whose start lasts until a model is ready."""
        settings = LlmSettings()
        configure_logging(settings.log_level, "llm")
        configure_tracing(settings.otel_exporter_otlp_endpoint, "llm")
        if settings.llm_threads == 0:
            settings = settings.model_copy(update={"llm_threads": assigned_cores()})
        context = serve.get_replica_context()

        async def n_replicas() -> int:
            return await asyncio.to_thread(useful_replicas, context.app_name, context.deployment)

        app = create_app(settings, n_replicas)
        self._models: ModelPool = app.state.models
        start = app.router.lifespan_context

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
            async with start(app):
                while not self._is_ready():  # noqa: ASYNC110  # the pool has no event
                    await asyncio.sleep(READY_POLL_S)
                yield

        app.router.lifespan_context = lifespan
        return app

    def check_health(self) -> None:
        """Raise an error if the replica cannot work: Ray Serve then replaces it."""
        if not self._is_ready():
            raise RuntimeError("The replica has no model.")

    def _is_ready(self) -> bool:
        return self._models.check().status is not HealthStatus.STARTING


def assigned_cores() -> int:
    """Return the cores that Ray has reserved for this replica, at least 1."""
    resources = ray.get_runtime_context().get_assigned_resources()
    return max(1, math.floor(resources.get("CPU", 1)))


def useful_replicas(app_name: str, deployment: str) -> int:
    """Return the number of running replicas and one more.

    A client that keeps just the running ones busy never shows the autoscaler that more are needed.
    """
    status = serve.status().applications[app_name].deployments[deployment]
    return status.replica_states.get("RUNNING", 0) + 1


app = Replica.bind()
