"""Run the steps of a job once, recorded by DBOS."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from dbos import DBOS

from backend.transcription.context import StepFailedError
from contracts.problems import Problem
from servicekit.errors import ServiceError

log = structlog.get_logger()


def checkpoint(name: str, work: Callable[[], Awaitable[str]]) -> Awaitable[str]:
    """Run a step of the current workflow, or return its result from before a restart.

    The call itself numbers the step, so that steps may run concurrently as long as they are
    started in the same order each time.

    Args:
        name: of the step, the same each time.
        work: may be interrupted at any moment, and is then run again.

    Raises:
        StepFailedError: `work` raised a ServiceError, now or before a restart.
    """
    step = DBOS.reserve_step()

    async def record() -> dict[str, str]:
        try:
            return {"result": await work()}
        except ServiceError as error:
            log.warning("step_failed", step=name, cause=repr(error.__cause__))
            return {"problem": error.to_problem().model_dump_json()}

    async def outcome() -> str:
        recorded = await step.run_async({"name": name}, record)
        if "problem" in recorded:
            raise StepFailedError(Problem.model_validate_json(recorded["problem"]))
        return recorded["result"]

    return asyncio.ensure_future(outcome())
