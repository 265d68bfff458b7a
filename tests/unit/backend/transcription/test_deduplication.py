"""If these fail, a recording is transcribed twice, or a duplicate never gets its result."""

import pytest

from backend.errors import JobNotFoundError
from backend.transcription.deduplication import ResultSource
from contracts.jobs import Job, JobStatus
from contracts.options import TranscribeOptions
from unit.backend.stand_in_llm import OTHER_MODEL
from unit.backend.stand_ins import Components, chunk_texts
from unit.backend.storage.database.recorded import MODEL, NOON, OWNER


async def resolve(components: Components, job: Job, model=MODEL) -> ResultSource:
    return await components.deduplicator.resolve(job, "audio", [model])


async def primary_and_duplicate(components: Components) -> tuple[Job, Job]:
    """Return a running job that has all of its text, and a job that waits for it."""
    primary, duplicate = await components.new_run(), await components.add_job()
    assert await components.workflow().run(primary)
    assert await resolve(components, duplicate) is ResultSource.PENDING
    return primary.job, duplicate


async def finish(components: Components, job: Job, status: JobStatus) -> None:
    await components.stores.runs.finish(job.id, status, finished_at=NOON)


async def test_the_first_job_computes_and_later_ones_wait(components: Components) -> None:
    first, second = await components.add_job(), await components.add_job()
    assert await resolve(components, first) is ResultSource.COMPUTE
    assert await resolve(components, second) is ResultSource.PENDING
    assert await resolve(components, first) is ResultSource.COMPUTE  # again after a restart


@pytest.mark.parametrize(
    ("options", "model", "owner"),
    [
        (TranscribeOptions(language="en"), MODEL, OWNER),
        (TranscribeOptions(force=True), MODEL, OWNER),
        (TranscribeOptions(), OTHER_MODEL, OWNER),
        (TranscribeOptions(), MODEL, "another owner"),
    ],
)
async def test_only_an_equal_result_of_the_same_owner_is_shared(
    components: Components, options, model, owner
) -> None:
    """Else a user would get a text in another language, or that of somebody else."""
    primary, _ = await primary_and_duplicate(components)
    await finish(components, primary, JobStatus.COMPLETED)
    other = await components.add_job(options, owner)
    assert await resolve(components, other, model) is ResultSource.COMPUTE


async def test_a_finished_result_is_copied_with_its_cached_form(components: Components) -> None:
    primary, _ = await primary_and_duplicate(components)
    await finish(components, primary, JobStatus.COMPLETED)
    stores = components.stores
    revision = await stores.jobs.revision(primary.id)
    await components.cache.put(OWNER, primary.id, revision, b"cached result")
    job = await components.add_job()
    assert await resolve(components, job) is ResultSource.REUSED
    copied = await stores.jobs.get(job.id)
    assert (copied.status, copied.cached) == (JobStatus.COMPLETED, True)
    assert await components.texts(job.id) == chunk_texts(range(3))
    own_revision = await stores.jobs.revision(job.id)
    assert await components.cache.get(OWNER, job.id, own_revision) == b"cached result"


async def test_resolving_a_deleted_job_says_so(components: Components) -> None:
    job = await components.add_job()
    await components.stores.jobs.delete(job.id)
    with pytest.raises(JobNotFoundError):
        await resolve(components, job)


async def test_a_completed_primary_completes_its_duplicates(components: Components) -> None:
    primary, duplicate = await primary_and_duplicate(components)
    assert await components.deduplicator.complete_duplicates(primary.id) == []
    assert await components.stores.jobs.status(duplicate.id) is JobStatus.QUEUED  # too early
    await finish(components, primary, JobStatus.COMPLETED)
    assert await components.deduplicator.complete_duplicates(primary.id) == []
    assert await components.stores.jobs.status(duplicate.id) is JobStatus.COMPLETED
    assert await components.texts(duplicate.id) == chunk_texts(range(3))


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED])
async def test_duplicates_of_a_primary_without_a_result_are_queued(
    components: Components, status: JobStatus
) -> None:
    """Else cancelling one of two identical recordings would leave the other waiting for ever."""
    primary, duplicate = await primary_and_duplicate(components)
    await finish(components, primary, status)
    queued = await components.deduplicator.complete_duplicates(primary.id)
    assert [job.id for job in queued] == [duplicate.id]
    assert await resolve(components, duplicate) is ResultSource.COMPUTE


async def test_a_duplicate_of_a_deleted_primary_is_queued(components: Components) -> None:
    primary, duplicate = await primary_and_duplicate(components)
    deleted = await components.stores.jobs.delete(primary.id)
    assert deleted.duplicates == [duplicate.id]
    queued = await components.deduplicator.complete_duplicate(duplicate.id, primary.id)
    assert queued is not None
    assert queued.id == duplicate.id


async def test_a_cancelled_duplicate_stays_cancelled(components: Components) -> None:
    primary, duplicate = await primary_and_duplicate(components)
    await components.stores.jobs.cancel(duplicate.id, None, NOON)
    await finish(components, primary, JobStatus.COMPLETED)
    assert await components.deduplicator.complete_duplicates(primary.id) == []
    # also when it was cancelled after the list of duplicates was read
    assert await components.deduplicator.complete_duplicate(duplicate.id, primary.id) is None
    assert await components.stores.jobs.status(duplicate.id) is JobStatus.CANCELLED
    assert await components.texts(duplicate.id) == []


async def test_a_deleted_duplicate_of_a_failed_primary_is_forgotten(
    components: Components,
) -> None:
    primary, duplicate = await primary_and_duplicate(components)
    await finish(components, primary, JobStatus.FAILED)
    await components.stores.jobs.delete(duplicate.id)
    assert await components.deduplicator.complete_duplicate(duplicate.id, primary.id) is None
