"""If these fail, a job never ends, ends wrongly, or is worked on after the user stopped it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError

from backend.errors import DiskFullError, LlmFailedError
from backend.queueing.crash_guard import MAX_UNCLEAN_ENDS
from backend.queueing.worker import Worker
from backend.storage.database import PreparedRecording
from backend.transcription.context import JobContext
from contracts.jobs import Job, JobStatus
from contracts.problems import ProblemType
from unit.backend.stand_ins import Components, chunk_texts
from unit.backend.storage.database.recorded import NOON, chunk_result

RECHECK_S = 0.02


class StandInWorkflow:
    """Runs a function in place of the transcription."""

    def __init__(self, work: Callable[[JobContext], Awaitable[bool]]) -> None:
        self.run = work


class HangingWorkflow:
    """Never ends on its own; `started` is set once it runs."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.was_cancelled = False

    async def run(self, run: JobContext) -> bool:
        self.started.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return True


def failing(error: Exception) -> StandInWorkflow:
    async def fail(run: JobContext) -> bool:
        raise error

    return StandInWorkflow(fail)


async def started(worker: Worker, workflow: HangingWorkflow, job: Job) -> asyncio.Task[None]:
    working = asyncio.create_task(worker.work_on(job.id))
    async with asyncio.timeout(10):
        await workflow.started.wait()
    return working


async def stored(components: Components, job: Job) -> Job:
    return await components.stores.jobs.get(job.id)


async def test_a_job_is_completed_and_its_decoded_recording_removed(
    components: Components,
) -> None:
    """Else the disk would fill with decoded recordings, 115 MB per hour of audio."""
    job = await components.add_job()
    with components.notifier.subscribe(job.id) as subscription:
        await components.worker().work_on(job.id)
        await asyncio.wait_for(subscription.wait(3600), timeout=1)
    assert (await stored(components, job)).status is JobStatus.COMPLETED
    assert await components.texts(job.id) == chunk_texts(range(3))
    assert not components.work.pcm(job.id).exists()


async def test_the_problem_of_a_chunk_reaches_the_user(components: Components) -> None:
    components.llm.errors[1] = LlmFailedError("The speech model failed on this recording.")
    job = await components.add_job()
    await components.worker().work_on(job.id)
    ended = await stored(components, job)
    assert ended.status is JobStatus.FAILED
    assert ended.error is not None
    assert ended.error.type == ProblemType.LLM_FAILED.uri
    assert ended.error.request_id == job.id  # finds the cause in the llm's log
    assert await components.texts(job.id) == chunk_texts([0])
    assert not components.work.pcm(job.id).exists()


async def test_a_problem_outside_the_steps_reaches_the_user_too(components: Components) -> None:
    job = await components.add_job()
    await components.worker(failing(DiskFullError("The disk is full."))).work_on(job.id)
    ended = await stored(components, job)
    assert ended.error is not None
    assert ended.error.type == ProblemType.DISK_FULL.uri


async def test_a_crash_fails_the_job_and_shows_no_internals(components: Components) -> None:
    """Else the job would stay "running" for ever, or the user would read a traceback."""
    job = await components.add_job()
    await components.worker(failing(KeyError("secret"))).work_on(job.id)
    ended = await stored(components, job)
    assert ended.status is JobStatus.FAILED
    assert ended.error is not None
    assert ended.error.type == ProblemType.INTERNAL.uri
    assert "secret" not in ended.error.model_dump_json()


async def test_a_job_without_a_database_is_not_failed(components: Components) -> None:
    """Else a short outage of the database would fail everything that runs."""
    job = await components.add_job()
    worker = components.worker(failing(OperationalError("", None, Exception("away"))))
    with pytest.raises(OperationalError):
        await worker.work_on(job.id)
    assert (await stored(components, job)).status is JobStatus.RUNNING
    assert worker.active_jobs == frozenset()  # so that it counts as abandoned


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_a_job_that_another_process_ends_is_stopped(
    components: Components, is_deleted: bool
) -> None:
    """Else a cancelled recording would hold its place, and the llm, for hours."""
    workflow, job = HangingWorkflow(), await components.add_job()
    worker = components.worker(workflow, ended_check_s=RECHECK_S)
    working = await started(worker, workflow, job)
    components.work.pcm(job.id).write_bytes(b"decoded")
    if is_deleted:
        await components.stores.jobs.delete(job.id)
    else:
        await components.stores.jobs.cancel(job.id, None, datetime.now(UTC))
    async with asyncio.timeout(10):
        await working
    assert workflow.was_cancelled
    assert not components.work.pcm(job.id).exists()
    if not is_deleted:
        assert (await stored(components, job)).status is JobStatus.CANCELLED


async def test_a_job_cancelled_in_this_process_stops_at_once(components: Components) -> None:
    workflow, job = HangingWorkflow(), await components.add_job()
    worker = components.worker(workflow)
    working = await started(worker, workflow, job)
    await components.stores.jobs.cancel(job.id, None, datetime.now(UTC))
    worker.stop(job.id)
    async with asyncio.timeout(10):
        await working
    assert (await stored(components, job)).status is JobStatus.CANCELLED


async def test_a_closing_process_leaves_its_jobs_to_the_next_start(
    components: Components,
) -> None:
    """Else an update of the service would end, and not continue, what is running."""
    workflow, job = HangingWorkflow(), await components.add_job()
    worker = components.worker(workflow)
    working = await started(worker, workflow, job)
    components.work.pcm(job.id).write_bytes(b"decoded")
    await worker.close()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert (await stored(components, job)).status is JobStatus.RUNNING
    assert components.work.pcm(job.id).exists()  # the next start does not decode again


async def test_a_closing_process_starts_no_job(components: Components) -> None:
    worker, job = components.worker(), await components.add_job()
    await worker.close()
    with pytest.raises(asyncio.CancelledError):
        await worker.work_on(job.id)
    assert (await stored(components, job)).status is JobStatus.QUEUED


async def test_a_job_that_was_cancelled_while_it_waited_is_not_started(
    components: Components,
) -> None:
    job = await components.add_job()
    await components.stores.jobs.cancel(job.id, None, datetime.now(UTC))
    await components.worker().work_on(job.id)
    assert components.preparation.n_prepared == 0
    assert (await stored(components, job)).status is JobStatus.CANCELLED


async def duplicate_of_running(components: Components) -> tuple[Job, Job]:
    """Return a job that computes a result, and one that waits for it."""
    primary, duplicate = await components.add_job(), await components.add_job()
    run = await components.begin(primary.id)
    assert await components.workflow().run(run)
    await components.worker().work_on(duplicate.id)
    assert not (await stored(components, duplicate)).status.is_final
    return primary, duplicate


async def test_the_end_of_a_primary_completes_its_duplicates(components: Components) -> None:
    """Else the second of two identical recordings would wait for ever."""
    primary, duplicate = await duplicate_of_running(components)
    await components.worker().work_on(primary.id)
    assert (await stored(components, duplicate)).status is JobStatus.COMPLETED
    assert await components.texts(duplicate.id) == chunk_texts(range(3))
    assert components.queue.submitted == []


async def test_a_duplicate_of_a_failed_job_is_queued(components: Components) -> None:
    primary, duplicate = await duplicate_of_running(components)
    await components.worker(failing(LlmFailedError("It failed."))).work_on(primary.id)
    assert components.queue.submitted == [duplicate.id]
    assert not (await stored(components, duplicate)).status.is_final


async def begin_unclean(components: Components, job: Job, n_times: int = 1) -> None:
    """Begin a job as a process does that is then killed."""
    for _ in range(n_times):
        assert await components.stores.runs.begin(job.id, NOON, is_counted=True)


async def test_a_job_that_ran_at_three_unclean_ends_fails(components: Components) -> None:
    """Else a recording that crashes the backend would do so for ever, at every restart."""
    job = await components.add_job()
    await begin_unclean(components, job, MAX_UNCLEAN_ENDS)
    await components.worker().work_on(job.id)
    ended = await stored(components, job)
    assert ended.status is JobStatus.FAILED
    assert ended.error is not None
    assert ended.error.type == ProblemType.BACKEND_CRASHED.uri
    assert "3 times" in ended.error.detail
    assert components.preparation.n_prepared == 0


async def test_a_job_that_ran_at_fewer_unclean_ends_is_completed(components: Components) -> None:
    job = await components.add_job()
    await begin_unclean(components, job, MAX_UNCLEAN_ENDS - 1)
    await components.worker().work_on(job.id)
    assert (await stored(components, job)).status is JobStatus.COMPLETED


async def test_a_resumed_job_may_try_again(components: Components) -> None:
    """Else a recording that was unlucky in three power cuts could never be transcribed."""
    job = await components.add_job()
    await begin_unclean(components, job, MAX_UNCLEAN_ENDS)
    await components.worker().work_on(job.id)
    await components.stores.jobs.resume(job.id, None, NOON)
    await components.worker().work_on(job.id)
    assert (await stored(components, job)).status is JobStatus.COMPLETED


async def test_unclean_ends_count_only_while_a_job_gets_no_further(components: Components) -> None:
    """Else a recording of many hours would fail at its third power cut."""
    job = await components.add_job()
    runs = components.stores.runs
    await begin_unclean(components, job, 2)
    await runs.set_prepared(job.id, PreparedRecording(3.0, 3.0, 3))
    assert await runs.unclean_starts(job.id) == 1
    await begin_unclean(components, job)
    await runs.set_prepared(
        job.id, PreparedRecording(3.0, 3.0, 3)
    )  # what it repeats is no progress
    assert await runs.unclean_starts(job.id) == 2
    await runs.append(job.id, 0, chunk_result([], done=1))
    await runs.append(job.id, 0, chunk_result([], done=1))
    assert await runs.unclean_starts(job.id) == 1


async def test_clean_stops_do_not_count(components: Components) -> None:
    """Else the third update of the service would fail a recording that takes long."""
    job = await components.add_job()
    for _ in range(MAX_UNCLEAN_ENDS + 1):
        workflow = HangingWorkflow()
        worker = components.worker(workflow)
        working = await started(worker, workflow, job)
        assert await components.stores.runs.unclean_starts(job.id) == 1
        await worker.close()
        with pytest.raises(asyncio.CancelledError):
            await working
    assert await components.stores.runs.unclean_starts(job.id) == 0


async def test_an_outage_of_the_database_does_not_count(components: Components) -> None:
    job = await components.add_job()
    worker = components.worker(failing(OperationalError("", None, Exception("away"))))
    for _ in range(MAX_UNCLEAN_ENDS + 1):
        with pytest.raises(OperationalError):
            await worker.work_on(job.id)
    assert (await stored(components, job)).status is JobStatus.RUNNING
    await worker.close()
    assert await components.stores.runs.unclean_starts(job.id) == 0


async def test_a_duplicate_that_waits_does_not_count(components: Components) -> None:
    _, duplicate = await duplicate_of_running(components)
    assert await components.stores.runs.unclean_starts(duplicate.id) == 0


async def test_jobs_that_ran_at_an_unclean_end_begin_one_after_another(
    components: Components,
) -> None:
    """Else the job that crashes the backend would take the others with it, three times."""
    first, second = await components.add_job(), await components.add_job()
    await begin_unclean(components, first)
    await begin_unclean(components, second)
    workflow = HangingWorkflow()
    worker = components.worker(workflow, ended_check_s=RECHECK_S)
    working = [await started(worker, workflow, first)]
    working.append(asyncio.create_task(worker.work_on(second.id)))
    await asyncio.sleep(5 * RECHECK_S)
    runs = components.stores.runs
    assert [await runs.unclean_starts(job.id) for job in (first, second)] == [2, 1]
    await runs.set_prepared(first.id, PreparedRecording(3.0, 3.0, 3))  # it gets further
    async with asyncio.timeout(10):
        while await runs.unclean_starts(second.id) == 1:
            await asyncio.sleep(RECHECK_S)
    await worker.close()
    await asyncio.gather(*working, return_exceptions=True)
    assert [await runs.unclean_starts(job.id) for job in (first, second)] == [0, 1]


async def test_a_job_that_waits_for_another_suspect_is_not_counted(components: Components) -> None:
    first, second = await components.add_job(), await components.add_job()
    await begin_unclean(components, first)
    await begin_unclean(components, second)
    workflow = HangingWorkflow()
    worker = components.worker(workflow)
    working = [await started(worker, workflow, first)]
    working.append(asyncio.create_task(worker.work_on(second.id)))
    await asyncio.sleep(RECHECK_S)
    await worker.close()
    outcomes = await asyncio.gather(*working, return_exceptions=True)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    runs = components.stores.runs
    assert [await runs.unclean_starts(job.id) for job in (first, second)] == [1, 1]
