"""Installs the shared HTTP edge on a service's app."""

import re
from collections.abc import Sequence

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI
from fastapi.params import Depends
from prometheus_client import CollectorRegistry

from contracts.hosts import AllowedHosts
from servicekit import tracing
from servicekit.health import HealthChecks, health_router
from servicekit.hosts import HostsMiddleware
from servicekit.openapi import declare_edge
from servicekit.paths import PathMiddleware
from servicekit.problems import (
    REQUEST_ID_HEADER,
    install_problem_handlers,
)
from servicekit.request_log import RequestLogMiddleware
from servicekit.request_trace import RequestTraceMiddleware
from servicekit.settings import ServiceSettings

_is_plain_id = re.compile(r"[A-Za-z0-9._:-]{1,128}").fullmatch


def install_edge(
    app: FastAPI,
    settings: ServiceSettings,
    run_checks: HealthChecks,
    registry: CollectorRegistry,
    metrics_guards: Sequence[Depends] = (),
) -> None:
    """Add problem responses, host checks, request ids, log, traces, health and metrics to an app.

    Args:
        metrics_guards: dependencies that protect `/metrics`; health is open.
    """
    install_problem_handlers(app)
    declare_edge(app)
    app.include_router(health_router(run_checks, registry, metrics_guards))
    hosts = AllowedHosts.parse(settings.allowed_hosts, settings.bind_address)
    app.add_middleware(PathMiddleware)
    app.add_middleware(HostsMiddleware, hosts=hosts, allowed_origins=settings.origins)
    app.add_middleware(RequestLogMiddleware, registry=registry)
    if tracing.is_configured():
        app.add_middleware(RequestTraceMiddleware)
    # added last: as the outermost middleware it gives every log line the id
    app.add_middleware(
        CorrelationIdMiddleware,
        header_name=REQUEST_ID_HEADER,
        validator=lambda value: _is_plain_id(value) is not None,
    )
