"""If these fail, a job is worked on twice, or not at all; with real DBOS on SQLite."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from backend.queueing import job_queue
from backend.queueing.job_queue import JobQueue
from backend.storage.database import QueueName
from contracts.jobs import JobStatus
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


async def test_a_job_that_a_process_gave_up_runs_again(
    queue: JobQueue, worker: StandInWorker
) -> None:
    job = new_job()
    job.file.duration_s = 5.0
    await queue.submit(job)
    await until(lambda: queue.is_running(job.id))
    await queue.reassign(ANOTHER, [job.id])
    await queue.reassign(HERE, ["another job"])
    await queue.recover([ANOTHER])
    assert await queue.started_by(HERE) == {job.id}
    await queue.reassign(HERE, [job.id])
    worker.released.set()

    async def has_run_again() -> bool:
        return worker.started == [job.id] * 2

    await until(has_run_again)


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
