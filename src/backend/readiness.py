"""The health of the backend's dependencies: llm, disk and database."""

from collections.abc import Callable, Mapping

import anyio
from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError

from backend.llm_client import LlmClient
from backend.storage.disk import Disk
from contracts.models import Health, HealthCheck, HealthStatus
from servicekit.health import HealthChecks

_DATABASE_TIMEOUT_S = 2.0


def readiness_checks(llm: LlmClient, disk: Disk, ping_database: Callable[[], None]) -> HealthChecks:
    """Return the checks of `/health/ready`."""

    async def run_checks() -> Mapping[str, HealthCheck]:
        return {
            "llm": _llm_check(await llm.health()),
            "disk": await run_sync(disk.check),
            "database": await _database_check(ping_database),
        }

    return run_checks


def _llm_check(health: Health) -> HealthCheck:
    reasons = [check.detail for check in health.checks.values() if check.detail]
    return HealthCheck(status=health.status, detail=" ".join(reasons) or None)


async def _database_check(ping: Callable[[], None]) -> HealthCheck:
    try:
        with anyio.fail_after(_DATABASE_TIMEOUT_S):
            await run_sync(ping, abandon_on_cancel=True)
    except (SQLAlchemyError, TimeoutError):
        detail = "The database cannot be reached."
        return HealthCheck(status=HealthStatus.STARTING, detail=detail)
    return HealthCheck(status=HealthStatus.READY)
