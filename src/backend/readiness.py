"""The health of the backend's dependencies: llm, disk, database and the store of recordings."""

from collections.abc import Awaitable, Callable, Mapping

import anyio
from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError

from backend.errors import StorageUnavailableError
from backend.llm_client import LlmClient
from backend.storage.disk import Disk
from contracts.models import Health, HealthCheck, HealthStatus
from servicekit.health import HealthChecks

_TIMEOUT_S = 2.0


def readiness_checks(
    llm: LlmClient,
    disk: Disk,
    ping_database: Callable[[], None],
    ping_blobs: Callable[[], Awaitable[None]],
) -> HealthChecks:
    """Return the checks of `/health/ready`."""

    async def run_checks() -> Mapping[str, HealthCheck]:
        return {
            "llm": _llm_check(await llm.health()),
            "disk": await run_sync(disk.check),
            "database": await _database_check(ping_database),
            "recordings": await _recordings_check(ping_blobs),
        }

    return run_checks


def _llm_check(health: Health) -> HealthCheck:
    reasons = [check.detail for check in health.checks.values() if check.detail]
    return HealthCheck(status=health.status, detail=" ".join(reasons) or None)


async def _database_check(ping: Callable[[], None]) -> HealthCheck:
    try:
        with anyio.fail_after(_TIMEOUT_S):
            await run_sync(ping, abandon_on_cancel=True)
    except (SQLAlchemyError, TimeoutError):
        detail = "The database cannot be reached."
        return HealthCheck(status=HealthStatus.STARTING, detail=detail)
    return HealthCheck(status=HealthStatus.READY)


async def _recordings_check(ping: Callable[[], Awaitable[None]]) -> HealthCheck:
    try:
        with anyio.fail_after(_TIMEOUT_S):
            await ping()
    except (StorageUnavailableError, TimeoutError):
        detail = "The recordings cannot be reached; jobs wait for them."
        return HealthCheck(status=HealthStatus.DEGRADED, detail=detail)
    return HealthCheck(status=HealthStatus.READY)
