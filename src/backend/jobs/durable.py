"""The queue and the checkpoints that outlive the process: DBOS Transact.

DBOS keeps which job waits, which process works on it and which of its steps are done, in
tables of its own. What a job is and what came of it is in our database alone: arguments and
checkpoints are ids, keys and plans, never a text.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from pathlib import Path

import structlog
from anyio.to_thread import run_sync
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowStatus
from dbos import WorkflowStatusString as State

from backend.storage.database import Lane
from contracts.problems import Problem
from servicekit.errors import ServiceError

log = structlog.get_logger()

STEPS_VERSION = "1"
"""Raise it when the order of a job's steps changes: jobs under way then begin anew, and find
the chunks that are done in the chunk store."""

_POLL_S = {Lane.DICTATION: 0.2, Lane.SHORT: 0.5, Lane.LONG: 1.0}
"""Seconds between two looks into a queue; each look takes milliseconds of a core."""

_NAME = "speech_transcription"
_WAITING_OR_RUNNING = [State.ENQUEUED.value, State.PENDING.value]
_ENDED = [State.SUCCESS.value, State.ERROR.value, State.CANCELLED.value]


class StepFailedError(Exception):
    """A step ended with a problem, now or before a restart."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.type)
        self.problem = problem


class DurableQueue:
    """The jobs that wait and run, over all processes that share the database.

    Args:
        database_url: `sqlite:///…`: DBOS gets a file beside it; `postgresql://…`: a schema in it.
        max_running: jobs of each lane at once, in this process.
    """

    def __init__(self, database_url: str, max_running: Mapping[Lane, int]) -> None:
        self._url = _system_database(database_url)
        self._max_running = max_running

    async def launch(self, process_number: int, work_on: Callable[[str], Awaitable[None]]) -> None:
        """Begin to work on what waits, and go on with what this process was working on.

        Args:
            process_number: the same after a restart; no other process that runs has it.
            work_on: takes a job through; it is called again after a crash, in this event loop.
        """
        _log_through_ours()
        DBOS(config=self._config(process_number))

        @DBOS.workflow(name="transcribe", max_recovery_attempts=None)
        async def transcribe(job_id: str) -> None:
            await work_on(job_id)

        self._workflow = transcribe
        DBOS.launch()  # not in a thread: the jobs are to run in the loop that it finds here
        for lane, max_running in self._max_running.items():
            await DBOS.register_queue_async(
                lane,
                worker_concurrency=max_running,
                polling_interval_sec=_POLL_S[lane],
                on_conflict="always_update",
            )

    async def close(self) -> None:
        """Stop; what was running stays marked so, and goes on at the next start."""
        # in a thread of another pool than its own, which it waits for
        await run_sync(lambda: DBOS.destroy(destroy_registry=True))

    async def enqueue(self, job_id: str, lane: Lane) -> None:
        """Let a job wait its turn; one that waits or runs already is left alone."""
        earlier = await DBOS.get_workflow_status_async(job_id)
        if earlier is not None and earlier.status in _ENDED:
            await self.forget([job_id])
        with SetWorkflowID(job_id):
            await DBOS.enqueue_workflow_async(lane, self._workflow, job_id)

    async def alive(self) -> set[str]:
        """Return the jobs that wait or run, and will go on."""
        found = await DBOS.list_workflows_async(
            status=_WAITING_OR_RUNNING,
            app_version=STEPS_VERSION,
            load_input=False,
            load_output=False,
        )
        return {workflow.workflow_id for workflow in found}

    async def forget_ended(self) -> None:
        """Remove all records of jobs that DBOS is done with."""
        found = await DBOS.list_workflows_async(
            status=_ENDED, load_input=False, load_output=False, limit=1000
        )
        await self.forget(workflow.workflow_id for workflow in found)

    async def forget(self, job_ids: Iterable[str]) -> None:
        """Remove all records of some jobs; one that is running runs on unrecorded."""
        await DBOS.delete_workflows_async(list(job_ids))

    async def is_running(self, job_id: str) -> bool:
        """Tell whether a process works on a job, or is still letting go of it."""
        workflow = await DBOS.get_workflow_status_async(job_id)
        return workflow is not None and workflow.status == State.PENDING.value

    async def forget_unless_running(self, job_id: str) -> None:
        """Remove all records of a job; those of a running one go when it has stopped."""
        if not await self.is_running(job_id):
            await self.forget([job_id])

    async def begun_by(self, process_number: int) -> set[str]:
        """Return the jobs that a process took from the queue, and did not bring to an end."""
        return {one.workflow_id for one in await self._begun_by(process_number)}

    async def take_over(self, process_number: int, job_ids: Collection[str] | None = None) -> None:
        """Let any process go on with jobs that one took and nobody works on.

        Args:
            process_number: of the process.
            job_ids: some of those it took; None: all, for it is dead.
        """
        orphans = [
            one
            for one in await self._begun_by(process_number)
            if job_ids is None or one.workflow_id in job_ids
        ]
        for lane in Lane:
            of_lane = [one.workflow_id for one in orphans if one.queue_name == lane]
            if of_lane:
                log.info("jobs_taken_over", process=process_number, n_jobs=len(of_lane))
                await DBOS.resume_workflows_async(of_lane, queue_name=lane)

    async def _begun_by(self, process_number: int) -> list[WorkflowStatus]:
        return await DBOS.list_workflows_async(
            status=State.PENDING.value,
            executor_id=_executor(process_number),
            load_input=False,
            load_output=False,
        )

    def _config(self, process_number: int) -> DBOSConfig:
        return DBOSConfig(
            name=_NAME,
            system_database_url=self._url,
            executor_id=_executor(process_number),
            application_version=STEPS_VERSION,
            serializer=DBOSPortableJSONSerializer(),  # the default is pickle
            sys_db_pool_size=5,
            db_engine_kwargs={"hide_parameters": True},
            use_listen_notify=False,
            notification_listener_polling_interval_sec=0.1,  # how long a stop takes
            enable_otlp=False,
            log_level="WARNING",
        )


def checkpoint(name: str, work: Callable[[], Awaitable[str]]) -> Awaitable[str]:
    """Do some work unless it was done before a restart; then return what it returned.

    The place among the job's steps is taken by the call itself, so that steps may run side
    by side as long as they are always called in the same order.

    Args:
        name: of the step, always the same in the same place.
        work: may be cut off at any moment, and is then done again.

    Raises:
        StepFailedError: `work` raised a ServiceError, now or before a restart.
    """
    place = DBOS.reserve_step()

    async def recorded() -> dict[str, str]:
        try:
            return {"result": await work()}
        except ServiceError as error:
            log.warning("step_failed", step=name, cause=repr(error.__cause__))
            return {"problem": error.to_problem().model_dump_json()}

    async def outcome() -> str:
        found = await place.run_async({"name": name}, recorded)
        if "problem" in found:
            raise StepFailedError(Problem.model_validate_json(found["problem"]))
        return found["result"]

    return asyncio.ensure_future(outcome())


def _executor(process_number: int) -> str:
    return f"process-{process_number}"


def _system_database(database_url: str) -> str:
    scheme, _, path = database_url.partition(":///")
    if scheme != "sqlite":
        return database_url
    file = Path(path).with_name("dbos.db")
    with sqlite3.connect(file) as connection:  # it stays in this mode, which is faster
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return f"sqlite:///{file}"


def _log_through_ours() -> None:
    logger = logging.getLogger("dbos")
    if not logger.handlers:  # else it would add one of its own and keep its lines from ours
        logger.addHandler(logging.NullHandler())
        logger.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Drop what is said of each step of a job that is cancelled or put off."""
    return not record.getMessage().startswith("Asyncio task cancelled")
