"""The queues of jobs, shared by all processes that use the same database."""

import asyncio
import logging
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextvars import Context
from pathlib import Path

import structlog
from anyio.to_thread import run_sync
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowStatus
from dbos import WorkflowStatusString as State

from backend.storage.database import QueueName, queue_for_file
from contracts.jobs import Job

log = structlog.get_logger()

STEPS_VERSION = "4"
"""Raise it when the order of a job's steps changes. Backends of the former version finish their
jobs; those that are left when these backends have ended start again, and find their finished chunks
in the chunk store."""

_POLL_S = 0.2
"""Seconds between two polls of a queue; each takes two milliseconds of a core."""

PUNCTUATION_QUEUE = "punctuation"
"""The queue of completed jobs whose text is punctuated once more: one at a time, in each process,
so that new recordings need not wait for old ones."""

_PUNCTUATION_POLL_S = 2.0

_NAME = "speech_transcription"
_UNFINISHED = [State.ENQUEUED.value, State.PENDING.value]
_ENDED = [State.SUCCESS.value, State.ERROR.value, State.CANCELLED.value]


class JobQueue:
    """Queues jobs and starts them, in this process or another.

    A new dictation does not wait for a poll: the process that receives it starts it, if there is
    room.

    Args:
        database_url: `sqlite:///…`: DBOS gets a file beside it; `postgresql://…`: a schema in it.
        max_running: jobs of each queue at once, in this process; as many dictations again that it
            has received itself.
    """

    def __init__(self, database_url: str, max_running: Mapping[QueueName, int]) -> None:
        self._url = dbos_database_url(database_url)
        self._max_running = max_running
        self._started_directly: set[str] = set()

    async def start(self, process_id: str, work_on: Callable[[str], Awaitable[None]]) -> None:
        """Start processing the queues.

        Args:
            process_id: new at each start.
            work_on: processes a job; it is called again after a crash, in this event loop.
        """
        _use_service_log()
        DBOS(config=self._config(process_id))

        @DBOS.workflow(name="transcribe", max_recovery_attempts=None)
        async def transcribe(job_id: str) -> None:
            try:
                await work_on(job_id)
            finally:
                self._started_directly.discard(job_id)

        self._workflow = transcribe
        DBOS.launch()  # not in a thread: the jobs run in the event loop that it finds here
        for name, max_running in self._max_running.items():
            await _register(name, max_running, _POLL_S)
        await _register(PUNCTUATION_QUEUE, 1, _PUNCTUATION_POLL_S)

    async def close(self) -> None:
        """Stop; running jobs stay marked as running until they are recovered."""
        # DBOS waits for its own thread pool, so this must run in a thread of another one
        await run_sync(lambda: DBOS.destroy(destroy_registry=True))

    async def submit_new(self, job: Job) -> None:
        """Start a dictation that nobody else knows yet, if there is room; queue any other job."""
        is_full = len(self._started_directly) >= self._max_running[QueueName.DICTATION]
        if is_full or queue_for_file(job.file) is not QueueName.DICTATION:
            await self.submit(job)
            return
        self._started_directly.add(job.id)
        # in a context of its own, without the request's; it goes on if the client leaves
        start = asyncio.create_task(self._start_directly(job.id), context=Context())
        await asyncio.shield(start)

    async def submit(self, job: Job) -> None:
        """Add a job to the queue for its length, unless it waits or runs already.

        One that has ended goes to the queue of those to punctuate.
        """
        earlier = await DBOS.get_workflow_status_async(job.id)
        if earlier is not None and earlier.status in _ENDED:
            await self._delete([job.id])
        queue = PUNCTUATION_QUEUE if job.status.is_final else queue_for_file(job.file)
        with SetWorkflowID(job.id):
            await DBOS.enqueue_workflow_async(queue, self._workflow, job.id)

    async def _start_directly(self, job_id: str) -> None:
        """Start a job in this process; like a queued one it survives the end of the process."""
        try:
            with SetWorkflowID(job_id):
                await DBOS.start_workflow_async(self._workflow, job_id)
        except BaseException:
            self._started_directly.discard(job_id)
            raise

    async def unfinished(self) -> set[str]:
        """Return the ids of the jobs that wait or run, those of another order of steps too."""
        found = await DBOS.list_workflows_async(
            status=_UNFINISHED, load_input=False, load_output=False
        )
        return {workflow.workflow_id for workflow in found}

    @staticmethod
    def delete_outdated() -> None:
        """Delete the records of unfinished jobs with another order of steps, in a thread.

        Nobody else may work on the queue of such jobs any more, or do the same meanwhile.
        """
        found = DBOS.list_workflows(status=_UNFINISHED, load_input=False, load_output=False)
        outdated = [each.workflow_id for each in found if each.app_version != STEPS_VERSION]
        if outdated:
            log.info("outdated_jobs_restarted", n_jobs=len(outdated))
            DBOS.delete_workflows(outdated)

    async def is_running(self, job_id: str) -> bool:
        """Return whether a process works on a job, or is still stopping it."""
        workflow = await DBOS.get_workflow_status_async(job_id)
        return workflow is not None and workflow.status == State.PENDING.value

    async def remove(self, job_id: str) -> None:
        """Remove a job that waits or has ended; the records of a running one go when it ends."""
        if not await self.is_running(job_id):
            await self._delete([job_id])

    async def delete_ended(self) -> None:
        """Delete the records of ended jobs."""
        found = await DBOS.list_workflows_async(
            status=_ENDED, load_input=False, load_output=False, limit=1000
        )
        await self._delete(workflow.workflow_id for workflow in found)

    async def started_by(self, process_id: str) -> set[str]:
        """Return the ids of the jobs that a process has started and not ended."""
        return {each.workflow_id for each in await self._started(process_id)}

    async def processes_with_jobs(self) -> set[str]:
        """Return the ids of the processes that have started jobs and not ended them."""
        return {each.executor_id for each in await self._started() if each.executor_id}

    async def recover(self, process_ids: Collection[str]) -> None:
        """Queue the jobs of dead processes again; several processes may do so at once."""
        log.info("jobs_recovered", n_processes=len(process_ids))
        # public calls would queue a job once more that another process has recovered and runs
        recover = DBOS._recover_pending_workflows  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        await run_sync(recover, [*process_ids])

    async def reassign(self, process_id: str, job_ids: Collection[str]) -> None:
        """Let any process continue jobs that one has started and abandoned, and is alive."""
        ids: dict[str, list[str]] = defaultdict(list)
        for each in await self._started(process_id):
            if each.workflow_id in job_ids:
                # a dictation started directly is in none, or in DBOS's own once it was recovered
                is_queued = each.queue_name in {*QueueName, PUNCTUATION_QUEUE}
                name = each.queue_name if each.queue_name and is_queued else QueueName.DICTATION
                ids[name].append(each.workflow_id)
        for name, abandoned in ids.items():
            log.info("jobs_reassigned", n_jobs=len(abandoned))
            await DBOS.resume_workflows_async(abandoned, queue_name=name)

    async def _delete(self, job_ids: Iterable[str]) -> None:
        await DBOS.delete_workflows_async(list(job_ids))

    async def _started(self, process_id: str | None = None) -> list[WorkflowStatus]:
        return await DBOS.list_workflows_async(
            status=State.PENDING.value,
            executor_id=process_id,
            load_input=False,
            load_output=False,
        )

    def _config(self, process_id: str) -> DBOSConfig:
        return DBOSConfig(
            name=_NAME,
            system_database_url=self._url,
            executor_id=process_id,
            application_version=STEPS_VERSION,
            serializer=DBOSPortableJSONSerializer(),  # the default is pickle
            sys_db_pool_size=5,
            db_engine_kwargs={"hide_parameters": True},
            use_listen_notify=False,
            notification_listener_polling_interval_sec=0.1,  # bounds the time that a stop takes
            enable_otlp=False,
            log_level="WARNING",
        )


async def _register(name: str, max_running: int, poll_s: float) -> None:
    await DBOS.register_queue_async(
        name,
        worker_concurrency=max_running,
        polling_interval_sec=poll_s,
        on_conflict="always_update",
    )


def dbos_database_url(database_url: str) -> str:
    """Return the URL of DBOS's tables; create its file in WAL mode beside a SQLite database."""
    scheme, _, path = database_url.partition(":///")
    if scheme != "sqlite":
        return database_url
    file = Path(path).with_name("dbos.db")
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return f"sqlite:///{file}"


def _use_service_log() -> None:
    logger = logging.getLogger("dbos")
    if not logger.handlers:  # without one, DBOS would add its own and bypass the service's log
        logger.addHandler(logging.NullHandler())
        logger.addFilter(_is_relevant)


def _is_relevant(record: logging.LogRecord) -> bool:
    """Drop DBOS's message about each step of a cancelled or interrupted job."""
    return not record.getMessage().startswith("Asyncio task cancelled")
