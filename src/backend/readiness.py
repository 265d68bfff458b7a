"""What the backend needs in order to work, and how each of it is."""

from collections.abc import Mapping

from anyio.to_thread import run_sync

from backend.llm_client import LlmClient
from backend.storage.disk import Disk
from contracts.models import Health, HealthCheck
from servicekit.health import HealthChecks


def readiness_checks(llm: LlmClient, disk: Disk) -> HealthChecks:
    """Return the checks behind `/health/ready`."""

    async def run_checks() -> Mapping[str, HealthCheck]:
        return {"llm": _as_one_check(await llm.health()), "disk": await run_sync(disk.check)}

    return run_checks


def _as_one_check(health: Health) -> HealthCheck:
    reasons = [check.detail for check in health.checks.values() if check.detail]
    return HealthCheck(status=health.status, detail=" ".join(reasons) or None)
