"""If these fail, a job that a crash interrupted is never finished."""

import asyncio

from backend.queueing.job_queue import STEPS_VERSION
from backend.queueing.reconciliation import Reconciler
from contracts.jobs import JobStatus
from unit.backend.stand_ins import Components, chunk_texts
from unit.backend.storage.database.recorded import NOON

ANOTHER = "another"


def reconciler(components: Components, *, orphan_grace_s: float = 3600.0) -> Reconciler:
    return Reconciler(
        queue=components.queue,
        liveness=components.liveness(),
        worker=components.worker(),
        deduplicator=components.deduplicator,
        jobs=components.stores.jobs,
        waiting=components.stores.waiting,
        duplicates=components.stores.duplicates,
        requests=components.stores.punctuation,
        work=components.work,
        orphan_grace_s=orphan_grace_s,
    )


async def test_a_job_that_was_stored_but_not_queued_is_queued(components: Components) -> None:
    """The process was killed between the two."""
    job, queued = await components.add_job(), await components.add_job()
    components.queue.waiting.add(queued.id)
    await reconciler(components).reconcile()
    assert components.queue.submitted == [job.id]
    await reconciler(components).reconcile()
    assert components.queue.submitted == [job.id]


async def test_jobs_that_have_ended_are_left_alone(components: Components) -> None:
    job = await components.add_job()
    await components.stores.jobs.cancel(job.id, None, NOON)
    await reconciler(components).reconcile()
    assert components.queue.submitted == []


async def test_a_text_that_was_to_be_punctuated_is_queued_until_it_has_its_marks(
    components: Components,
) -> None:
    """Else the texts that a migration asks for would stay without marks."""
    job = await components.add_job()
    await components.worker().work_on(job.id)
    assert await components.stores.punctuation.request(job.id)
    await reconciler(components).reconcile()
    assert components.queue.submitted == [job.id]
    await components.stores.punctuation.finish(job.id)
    components.queue.waiting.clear()
    await reconciler(components).reconcile()
    assert components.queue.submitted == [job.id]


async def test_a_duplicate_whose_primary_has_finished_gets_the_result(
    components: Components,
) -> None:
    """The process was killed before it copied the result."""
    primary, duplicate = await components.new_run(), await components.new_run()
    assert await components.workflow().run(primary)
    assert not await components.workflow().run(duplicate)
    await components.stores.runs.finish(primary.job.id, JobStatus.COMPLETED, finished_at=NOON)
    await reconciler(components).reconcile()
    assert components.queue.submitted == []
    job = await components.stores.jobs.get(duplicate.job.id)
    assert job.status is JobStatus.COMPLETED
    assert await components.texts(duplicate.job.id) == chunk_texts(range(3))


async def test_a_duplicate_waits_while_its_primary_runs(components: Components) -> None:
    """Else both would be transcribed."""
    primary, duplicate = await components.new_run(), await components.new_run()
    assert await components.workflow().run(primary)
    assert not await components.workflow().run(duplicate)
    components.queue.running[components.work.process_id] = {primary.job.id}
    await reconciler(components).reconcile()
    assert components.queue.submitted == []


async def test_a_duplicate_of_a_failed_primary_is_queued(components: Components) -> None:
    primary, duplicate = await components.new_run(), await components.new_run()
    assert await components.workflow().run(primary)
    assert not await components.workflow().run(duplicate)
    await components.stores.runs.finish(primary.job.id, JobStatus.FAILED, finished_at=NOON)
    await reconciler(components).reconcile()
    assert components.queue.submitted == [duplicate.job.id]


async def test_a_job_that_this_process_gave_up_is_queued_after_the_grace_time(
    components: Components,
) -> None:
    job = await components.add_job()
    components.queue.running[components.work.process_id] = {job.id}
    patient = reconciler(components)
    await patient.reconcile()
    await patient.reconcile()
    assert components.queue.running[components.work.process_id] == {job.id}
    impatient = reconciler(components, orphan_grace_s=0.01)
    await impatient.reconcile()
    assert components.queue.running[components.work.process_id] == {job.id}
    await asyncio.sleep(0.02)
    await impatient.reconcile()
    assert components.queue.running[components.work.process_id] == set()
    assert components.queue.waiting == {job.id}


async def test_the_grace_time_begins_again_when_a_job_was_worked_on(
    components: Components,
) -> None:
    """Else a job would be started a second time while it runs."""
    job = await components.add_job()
    reconciles = reconciler(components, orphan_grace_s=0.01)
    components.queue.running[components.work.process_id] = {job.id}
    await reconciles.reconcile()
    components.queue.running[components.work.process_id] = set()
    components.queue.waiting = {job.id}
    await asyncio.sleep(0.02)
    await reconciles.reconcile()
    components.queue.running[components.work.process_id] = {job.id}
    components.queue.waiting = set()
    await reconciles.reconcile()
    assert components.queue.running[components.work.process_id] == {job.id}


async def test_the_jobs_of_a_dead_process_continue_elsewhere(components: Components) -> None:
    """Its lock is free, but what it had started is still marked as running."""
    job = await components.add_job()
    components.queue.running[ANOTHER] = {job.id}
    await components.stores.backends.add(ANOTHER, STEPS_VERSION)
    await reconciler(components).reconcile()
    assert components.queue.running[ANOTHER] == {job.id}  # it lives in a folder of its own
    (components.folder / "work.1.lock").write_text(ANOTHER)
    await reconciler(components).reconcile()
    assert components.queue.waiting == {job.id}


async def test_the_jobs_of_a_living_process_stay_with_it(components: Components) -> None:
    job = await components.add_job()
    components.queue.running[ANOTHER] = {job.id}
    await components.stores.backends.add(ANOTHER, STEPS_VERSION)
    (components.folder / "work.1.lock").write_text(ANOTHER)
    with components.work._try_lock(1):
        await reconciler(components).reconcile()
    assert components.queue.running[ANOTHER] == {job.id}


async def test_only_decoded_recordings_that_no_job_needs_are_removed(
    components: Components,
) -> None:
    """Else the disk would fill, or a job would have to decode its recording again."""
    job = await components.add_job()
    ended = await components.add_job()
    await components.stores.jobs.cancel(ended.id, None, NOON)
    for job_id in (job.id, ended.id, "unknown"):
        components.work.pcm(job_id).write_bytes(b"decoded")
    await reconciler(components).reconcile()
    assert await components.work.jobs_with_pcm() == [job.id]
