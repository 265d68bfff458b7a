"""If these fail, jobs of a backend that died wait for ever, or those of a living one run twice."""

import asyncio

from sqlalchemy.exc import OperationalError

from backend.queueing.job_queue import STEPS_VERSION
from contracts.jobs import JobStatus
from unit.backend.queueing.test_worker import HangingWorkflow, started, stored
from unit.backend.stand_ins import Components

ANOTHER = "another"
MAX_MISSED = 3


async def with_job_of_another(components: Components) -> str:
    """Add a backend that runs a job, in a database that several may use."""
    components.stores.backends.is_shared = True
    job = await components.add_job()
    components.queue.running[ANOTHER] = {job.id}
    await components.stores.backends.add(ANOTHER, STEPS_VERSION)
    return job.id


async def test_the_jobs_of_a_silent_backend_are_taken_over(components: Components) -> None:
    job_id = await with_job_of_another(components)
    liveness = components.liveness(max_missed=MAX_MISSED)
    await liveness.join()
    for _ in range(MAX_MISSED):
        assert components.queue.waiting == set()
        await liveness.beat()
    await liveness.beat()
    assert components.queue.waiting == {job_id}
    assert set(await components.stores.backends.beats()) == {components.work.process_id}


async def test_the_jobs_of_a_backend_that_gives_signs_of_life_stay(components: Components) -> None:
    job_id = await with_job_of_another(components)
    liveness = components.liveness(max_missed=MAX_MISSED)
    await liveness.join()
    for _ in range(3 * MAX_MISSED):
        await components.stores.backends.beat(ANOTHER)
        await liveness.beat()
        await liveness.beat()
    await liveness.recover_jobs()
    assert components.queue.running == {ANOTHER: {job_id}}


async def test_a_database_that_was_away_makes_nobody_look_dead(
    components: Components, monkeypatch
) -> None:
    """Else every outage would move the jobs of all backends."""
    await with_job_of_another(components)
    liveness = components.liveness(max_missed=MAX_MISSED)
    await liveness.join()
    with monkeypatch.context() as away:

        async def fail(*_: object) -> bool:
            raise OperationalError("", None, Exception("away"))

        away.setattr(components.stores.backends, "beat", fail)
        for _ in range(3 * MAX_MISSED):
            try:
                await liveness.beat()
            except OperationalError:
                continue
    await liveness.beat()
    await liveness.beat()
    assert components.queue.waiting == set()


async def test_the_jobs_of_a_backend_that_ended_cleanly_are_taken_over_at_once(
    components: Components,
) -> None:
    job = await components.add_job()
    components.queue.running[ANOTHER] = {job.id}
    liveness = components.liveness()
    await liveness.join()
    await liveness.recover_jobs()
    assert components.queue.waiting == {job.id}
    await liveness.leave()
    assert await components.stores.backends.beats() == {}


async def test_a_restart_in_the_same_folder_takes_over_at_once(components: Components) -> None:
    await with_job_of_another(components)
    components.work.previous_process_id = ANOTHER
    liveness = components.liveness()
    await liveness.join()
    await liveness.recover_jobs()
    assert components.queue.running == {}


async def test_a_backend_that_was_declared_dead_gives_up_its_jobs(components: Components) -> None:
    """A process that was suspended for a minute: others run its jobs by now."""
    components.stores.backends.is_shared = True
    workflow, job = HangingWorkflow(), await components.add_job()
    worker = components.worker(workflow)
    liveness = components.liveness(worker)
    await liveness.join()
    working = await started(worker, workflow, job)
    await components.stores.backends.remove([components.work.process_id])
    await liveness.beat()
    assert workflow.was_cancelled
    await asyncio.wait([working])
    assert isinstance(
        (await asyncio.gather(working, return_exceptions=True))[0], asyncio.CancelledError
    )
    assert (await stored(components, job)).status is JobStatus.RUNNING, "it runs elsewhere"
    assert components.work.process_id in await components.stores.backends.beats()
