"""`/health/live`, `/health/ready` and `/metrics`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from resource import RUSAGE_SELF, getrusage

from fastapi import APIRouter, Request, Response
from fastapi.params import Depends
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from contracts.models import Health, HealthCheck, HealthStatus
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

HealthChecks = Callable[[], Awaitable[Mapping[str, HealthCheck]]]

_KEY_PROBLEMS = (ProblemType.UNAUTHORIZED, ProblemType.TOO_MANY_WRONG_KEYS)

_WORST_FIRST = (HealthStatus.STARTING, HealthStatus.DEGRADED, HealthStatus.READY)


def overall_status(checks: Mapping[str, HealthCheck]) -> HealthStatus:
    """Return the worst status of the checks; ready without checks."""
    found = {check.status for check in checks.values()}
    return next((status for status in _WORST_FIRST if status in found), HealthStatus.READY)


def health_router(
    run_checks: HealthChecks, registry: CollectorRegistry, metrics_guards: Sequence[Depends]
) -> APIRouter:
    """Return the routes for monitoring a service.

    Args:
        run_checks: returns the state of each dependency of the service; must be quick.
        registry: the metrics that `/metrics` returns.
        metrics_guards: dependencies that protect `/metrics`.
    """
    router = APIRouter(tags=["health"])

    @router.get("/health/live", summary="Whether the process responds")
    async def live() -> Health:
        return Health(status=HealthStatus.READY, checks={})

    @router.get(
        "/health/ready",
        summary="Whether the service can work",
        responses={503: {"model": Health, "description": "The service is starting"}},
    )
    async def ready(response: Response) -> Health:
        checks = dict(await run_checks())
        status = overall_status(checks)
        if status is HealthStatus.STARTING:
            response.status_code = 503
            response.headers["Retry-After"] = "2"
        return Health(status=status, checks=checks)

    disable_created_metrics()  # they would double the number of series
    ProcessCollector(registry=registry)
    _add_peak_memory(registry)
    statuses = _check_statuses(registry)

    @router.get(
        "/metrics",
        summary="Metrics for Prometheus",
        response_class=Response,
        dependencies=metrics_guards,
        responses={
            200: {
                "description": "The metrics; as OpenMetrics if `Accept` asks for it",
                "content": {
                    media_type: {"schema": {"type": "string"}}
                    for media_type in ("text/plain", "application/openmetrics-text")
                },
            },
            **(problem_responses(*_KEY_PROBLEMS) if metrics_guards else {}),
        },
    )
    async def metrics(request: Request) -> Response:
        for name, check in (await run_checks()).items():
            for status in HealthStatus:
                statuses.labels(name, status).set(check.status is status)
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(registry), media_type=content_type)

    return router


def _add_peak_memory(registry: CollectorRegistry) -> None:
    peak = Gauge("process_peak_resident_memory_bytes", "Peak resident memory.", registry=registry)
    peak.set_function(lambda: getrusage(RUSAGE_SELF).ru_maxrss * 1024)


def _check_statuses(registry: CollectorRegistry) -> Gauge:
    return Gauge(
        "health_check_status",
        "1 for the current status of a check of /health/ready, otherwise 0.",
        ["check", "status"],
        registry=registry,
    )
