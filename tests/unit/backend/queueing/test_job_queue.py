"""If these fail, a job is worked on twice, or not at all; with real DBOS on SQLite."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from dbos import DBOS
from sqlalchemy.exc import OperationalError

from backend.queueing import job_queue
from backend.queueing.job_queue import JobQueue
from backend.storage.database import QueueName
from contracts.jobs import Job, JobStatus
from unit.backend.storage.database.recorded import new_job

pytestmark = pytest.mark.whole_app

HERE, ANOTHER = "here", "another"


class StandInWorker:
    """Holds each job until `released` is set."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.released = asyncio.Event()

    async def work_on(self, job_id: str) -> None:
        self.started.append(job_id)
        await self.released.wait()


@pytest.fixture
async def worker() -> StandInWorker:
    return StandInWorker()


@pytest.fixture
async def queue(tmp_path: Path, worker: StandInWorker) -> AsyncIterator[JobQueue]:
    queue = JobQueue(f"sqlite:///{tmp_path / 'test.db'}", dict.fromkeys(QueueName, 2))
    await queue.start(HERE, worker.work_on)
    yield queue
    worker.released.set()
    await queue.close()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_a_job_that_is_submitted_twice_runs_once_and_again_when_resumed(
    queue: JobQueue, worker: StandInWorker
) -> None:
    job = new_job()
    job.file.duration_s = 5.0
    await queue.submit(job)
    await queue.submit(job)
    await until(lambda: queue.is_running(job.id))
    await queue.submit(job)
    assert await queue.unfinished() == {job.id}
    assert await queue.started_by(HERE) == {job.id}
    assert await queue.started_by(ANOTHER) == set()
    await queue.remove(job.id)  # a running one stays until it ends
    assert await queue.is_running(job.id)

    async def has_ended() -> bool:
        return await queue.unfinished() == set()

    worker.released.set()
    await until(has_ended)
    assert worker.started == [job.id]
    await queue.submit(job)  # a cancelled job that its user resumes

    async def has_run_again() -> bool:
        return worker.started == [job.id] * 2

    await until(has_run_again)
    await until(has_ended)
    await queue.delete_ended()
    assert not await queue.is_running(job.id)


def new_dictation() -> Job:
    job = new_job()
    job.file.duration_s = 5.0
    return job


async def submit_queued(queue: JobQueue, job: Job) -> None:
    await queue.submit(job)


async def submit_directly(queue: JobQueue, job: Job) -> None:
    await queue.submit_new(job)


async def submit_and_recover(queue: JobQueue, job: Job) -> None:
    await queue.submit_new(job)
    await queue.recover([HERE])


@pytest.mark.parametrize("submit", [submit_queued, submit_directly, submit_and_recover])
async def test_a_job_that_a_process_gave_up_runs_again(
    queue: JobQueue, worker: StandInWorker, submit: Callable[[JobQueue, Job], Awaitable[None]]
) -> None:
    job = new_dictation()
    await submit(queue, job)
    await until(lambda: queue.is_running(job.id))
    n_starts = len(worker.started)
    await queue.reassign(ANOTHER, [job.id])
    await queue.reassign(HERE, ["another job"])
    await queue.recover([ANOTHER])
    assert await queue.started_by(HERE) == {job.id}
    await queue.reassign(HERE, [job.id])
    worker.released.set()

    async def has_run_again() -> bool:
        return len(worker.started) > n_starts and not await queue.unfinished()

    await until(has_run_again)
    assert set(worker.started) == {job.id}


async def test_a_new_dictation_starts_without_waiting_for_a_poll(
    queue: JobQueue, worker: StandInWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a fifth of its time is waiting."""
    monkeypatch.setattr(DBOS, "enqueue_workflow_async", None)
    job = new_dictation()
    await queue.submit_new(job)

    async def has_started() -> bool:
        return worker.started == [job.id]

    await until(has_started)
    assert await queue.started_by(HERE) == {job.id}


async def test_a_dictation_starts_although_its_client_has_left(
    queue: JobQueue, worker: StandInWorker
) -> None:
    """Else it would wait for the reconciliation, half a minute."""
    job = new_dictation()
    submitting = asyncio.create_task(queue.submit_new(job))
    await asyncio.sleep(0)
    submitting.cancel()

    async def has_started() -> bool:
        return worker.started == [job.id]

    await until(has_started)


async def test_a_dictation_that_could_not_start_leaves_its_room(
    queue: JobQueue, worker: StandInWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("away"))

    with monkeypatch.context() as patch:
        patch.setattr(DBOS, "start_workflow_async", fail)
        for _ in range(3):
            with pytest.raises(OperationalError):
                await queue.submit_new(new_dictation())
    job = new_dictation()
    await queue.submit_new(job)
    assert await queue.started_by(HERE) == {job.id}


async def test_dictations_that_find_no_room_wait_in_the_queue(
    queue: JobQueue, worker: StandInWorker
) -> None:
    """Else a thousand at once would run at once, each with its audio in memory."""
    jobs = [new_dictation() for _ in range(5)]
    await asyncio.gather(*(queue.submit_new(job) for job in jobs))

    async def is_full() -> bool:
        return len(worker.started) == 4  # two directly, and two of the queue

    await until(is_full)
    await asyncio.sleep(1.0)
    assert await is_full()
    worker.released.set()

    async def have_all_run() -> bool:
        return set(worker.started) == {job.id for job in jobs} and not await queue.unfinished()

    await until(have_all_run)
    worker.released.clear()
    more = new_dictation()
    await queue.submit_new(more)
    assert await queue.started_by(HERE) == {more.id}, "the ended ones have left their room"


async def test_old_texts_are_punctuated_one_at_a_time_and_delay_no_new_recording(
    queue: JobQueue, worker: StandInWorker
) -> None:
    """Else an upgrade with a thousand old texts would stop all new work for hours."""
    old = [new_job().model_copy(update={"status": JobStatus.COMPLETED}) for _ in range(3)]
    for job in old:
        await queue.submit(job)

    async def has_started() -> bool:
        return bool(worker.started)

    await until(has_started)
    new = new_job()
    await queue.submit(new)

    async def is_started() -> bool:
        return new.id in worker.started

    await until(is_started)
    assert len(worker.started) == 2


async def test_a_job_of_a_dead_process_runs_again(queue: JobQueue, worker: StandInWorker) -> None:
    job = new_job()
    job.file.duration_s = 5.0
    await queue.submit(job)
    await until(lambda: queue.is_running(job.id))
    assert await queue.processes_with_jobs() == {HERE}
    await queue.recover([HERE])
    worker.released.set()

    async def has_run_again() -> bool:
        return worker.started == [job.id] * 2

    await until(has_run_again)


async def test_a_job_with_another_order_of_steps_starts_again(
    tmp_path: Path, worker: StandInWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the jobs that run at an upgrade would wait for ever."""
    job = new_job()
    url, max_running = f"sqlite:///{tmp_path / 'test.db'}", dict.fromkeys(QueueName, 2)
    with monkeypatch.context() as former:
        former.setattr(job_queue, "STEPS_VERSION", "former")
        queue = JobQueue(url, max_running)
        await queue.start(ANOTHER, worker.work_on)
        await queue.submit(job)
        await until(lambda: queue.is_running(job.id))
        await queue.close()
    queue = JobQueue(url, max_running)
    await queue.start(HERE, worker.work_on)
    assert await queue.unfinished() == {job.id}
    await asyncio.to_thread(queue.delete_outdated)
    await queue.submit(job)

    async def has_started_again() -> bool:
        return await queue.started_by(HERE) == {job.id}

    await until(has_started_again)
    await asyncio.to_thread(queue.delete_outdated)
    assert await queue.started_by(HERE) == {job.id}
    worker.released.set()
    await queue.close()


async def test_a_removed_job_does_not_start(queue: JobQueue, worker: StandInWorker) -> None:
    """Else a deleted recording would still take a place."""
    jobs = [new_job() for _ in range(3)]
    for job in jobs:  # all in one queue, which runs two at once
        job.file.duration_s = 5.0
        await queue.submit(job)

    async def are_two_running() -> bool:
        return len(worker.started) == 2

    await until(are_two_running)
    (waiting,) = {job.id for job in jobs} - {*worker.started}
    await queue.remove(waiting)
    assert waiting not in await queue.unfinished()
