"""If these fail, a user cannot stop, continue, correct or delete what is theirs."""

import asyncio
from datetime import UTC, datetime

import pytest

from backend.errors import (
    AudioNotFoundError,
    JobNotFoundError,
    LlmFailedError,
    QueueFullError,
    WrongStateError,
)
from backend.jobs.events import JobEvents
from backend.jobs.service import JobService
from backend.queueing.worker import Worker
from contracts.jobs import Job, JobDescription, JobStatus, SegmentCorrection
from contracts.options import TextOptions, TranscribeOptions
from unit.backend.jobs.test_submission import received, submission
from unit.backend.stand_ins import Components, chunk_texts
from unit.backend.storage.database.recorded import OWNER

HERE = 0


def service(
    components: Components,
    worker: Worker | None = None,
    *,
    max_queued: int = 10,
    stop_timeout_s: float = 5.0,
) -> JobService:
    stores = components.stores
    return JobService(
        jobs=stores.jobs,
        transcripts=stores.transcripts,
        speakers=stores.speakers,
        history=stores.history,
        requests=stores.punctuation,
        blobs=components.blobs,
        cache=components.cache,
        submission=submission(components, max_queued=max_queued),
        queue=components.queue,
        worker=worker or components.worker(),
        deduplicator=components.deduplicator,
        events=JobEvents(stores.jobs, components.notifier, 1.0),
        notifier=components.notifier,
        metrics=components.metrics,
        stop_timeout_s=stop_timeout_s,
    )


async def completed(components: Components, options: TranscribeOptions | None = None) -> Job:
    job = await components.add_job(options)
    await components.worker().work_on(job.id)
    return job


async def test_a_cancelled_job_leaves_the_queue_and_keeps_its_text(
    components: Components,
) -> None:
    components.llm.errors[1] = LlmFailedError("It failed.")
    job = await components.add_job()
    components.queue.waiting.add(job.id)
    run = await components.begin(job.id)
    with pytest.raises(Exception, match="llm-failed"):
        await components.workflow().run(run)
    cancelled = await service(components).cancel(job.id, OWNER)
    assert cancelled.status is JobStatus.CANCELLED
    assert cancelled.result is not None
    assert [segment.text for segment in cancelled.result.segments] == chunk_texts([0])
    assert components.queue.waiting == set()
    with pytest.raises(WrongStateError):
        await service(components).cancel(job.id, OWNER)


async def test_cancelling_stops_the_work_in_this_process_at_once(components: Components) -> None:
    has_asked = asyncio.Event()

    async def hang(index: int) -> None:
        has_asked.set()
        await asyncio.sleep(3600)

    components.llm.before_answer = hang
    worker, job = components.worker(), await components.add_job()
    working = asyncio.create_task(worker.work_on(job.id))
    async with asyncio.timeout(10):
        await has_asked.wait()
        await service(components, worker).cancel(job.id, OWNER)
        await working
    assert components.llm.n_active == 0


@pytest.mark.parametrize("action", ["cancel", "delete"])
async def test_a_duplicate_is_queued_when_its_primary_goes(
    components: Components, action: str
) -> None:
    """Else one user action would leave another recording waiting for ever."""
    primary, duplicate = await components.new_run(), await components.new_run()
    assert await components.workflow().run(primary)
    assert not await components.workflow().run(duplicate)
    await getattr(service(components), action)(primary.job.id, OWNER)
    assert components.queue.submitted == [duplicate.job.id]


async def test_resuming_waits_until_the_job_is_stopped(components: Components) -> None:
    """Else two processes would work on one job."""
    job = await components.add_job()
    await components.stores.jobs.cancel(job.id, OWNER, datetime.now(UTC))
    components.queue.running[HERE] = {job.id}
    resuming = asyncio.create_task(service(components).resume(job.id, OWNER))
    await asyncio.sleep(0.15)
    assert components.queue.submitted == []
    components.queue.running[HERE].clear()
    assert (await resuming).status is JobStatus.QUEUED
    assert components.queue.submitted == [job.id]


async def test_resuming_gives_up_on_a_job_that_does_not_stop(components: Components) -> None:
    job = await components.add_job()
    await components.stores.jobs.cancel(job.id, OWNER, datetime.now(UTC))
    components.queue.running[HERE] = {job.id}
    with pytest.raises(WrongStateError, match="still being stopped"):
        await service(components, stop_timeout_s=0.1).resume(job.id, OWNER)
    assert await components.stores.jobs.status(job.id) is JobStatus.CANCELLED


async def test_resuming_needs_a_place_in_the_queue(components: Components) -> None:
    job = await components.add_job()
    await components.stores.jobs.cancel(job.id, OWNER, datetime.now(UTC))
    await components.add_job()
    with pytest.raises(QueueFullError):
        await service(components, max_queued=1).resume(job.id, OWNER)
    assert await components.stores.jobs.status(job.id) is JobStatus.CANCELLED


async def test_a_recording_is_transcribed_again_with_other_options(
    components: Components,
) -> None:
    """Else a text in the wrong language would cost another upload, or the old text."""
    serves = service(components)
    old = await submission(components).submit(received(components), TranscribeOptions(), OWNER)
    await serves.describe(old.id, OWNER, JobDescription(title="Совет", tags=["работа"]))
    english = TranscribeOptions(language="en", glossary="")
    new = await serves.repeat(old.id, OWNER, english)
    assert (new.title, new.tags, new.options) == ("Совет", ["работа"], english)
    assert components.queue.submitted == [old.id, new.id]
    await serves.delete(old.id, OWNER)
    blob = await components.stores.jobs.blob(new.id)
    assert blob is not None
    assert components.path(blob).exists(), "the recordings are deleted one by one"
    components.path(blob).unlink()
    with pytest.raises(AudioNotFoundError):
        await serves.repeat(new.id, OWNER, english)
    with pytest.raises(JobNotFoundError):
        await serves.repeat(new.id, "another", english)
    assert list(components.work.path_for_new_file().parent.iterdir()) == []


async def test_a_deleted_job_leaves_nothing_behind(components: Components) -> None:
    """A user deletes what must not be read any more."""
    job = await completed(components)
    serves = service(components)
    await serves.get_json(job.id, OWNER)
    revision = await components.stores.jobs.revision(job.id)
    assert await components.cache.get(OWNER, job.id, revision, with_words=False) is not None
    blob = await components.stores.jobs.blob(job.id)
    assert blob is not None
    components.queue.waiting.add(job.id)
    await serves.delete(job.id, OWNER)
    assert not components.path(blob).exists()
    assert await components.cache.get(OWNER, job.id, revision, with_words=False) is None
    assert components.queue.waiting == set()
    with pytest.raises(JobNotFoundError):
        await serves.get(job.id, OWNER)
    other = await completed(components)  # its chunks are gone from store and cache as well
    assert components.llm.asked == [0, 1, 2] * 2
    assert await components.texts(other.id) == chunk_texts(range(3))


async def test_nobody_touches_the_jobs_of_others(components: Components) -> None:
    job, serves = await completed(components), service(components)
    for call in (
        serves.get(job.id, "another"),
        serves.get_json(job.id, "another"),
        serves.cancel(job.id, "another"),
        serves.resume(job.id, "another"),
        serves.delete(job.id, "another"),
        serves.edit_segment(job.id, "another", 0, SegmentCorrection(text="text")),
        serves.audio(job.id, "another"),
        serves.rewrite_text(job.id, "another", TextOptions()),
    ):
        with pytest.raises(JobNotFoundError):
            await call
    assert (await serves.get(job.id, OWNER)).status is JobStatus.COMPLETED


async def test_a_transcript_is_corrected_only_after_its_end(components: Components) -> None:
    """Else the next chunk could overwrite the correction."""
    run, serves = await components.new_run(), service(components)
    assert await components.workflow().run(run)
    with pytest.raises(WrongStateError):
        await serves.edit_segment(run.job.id, OWNER, 0, SegmentCorrection(text="corrected"))
    await serves.cancel(run.job.id, OWNER)
    before = await serves.get_json(run.job.id, OWNER)
    assert b"corrected" not in before
    assert (
        await serves.edit_segment(run.job.id, OWNER, 0, SegmentCorrection(text="corrected"))
    ).text == "corrected"
    assert b"corrected" in await serves.get_json(run.job.id, OWNER)  # not the cached one


async def test_a_text_is_written_anew_for_the_api_for_corrections_and_for_later_jobs(
    components: Components,
) -> None:
    """Else a client reads the old text, or a correction is lost, or another job gets this text."""
    serves = service(components)
    run = await components.new_run()
    with pytest.raises(WrongStateError):
        await serves.rewrite_text(run.job.id, OWNER, TextOptions())
    job = await completed(components)
    await serves.edit_segment(job.id, OWNER, 0, SegmentCorrection(text="corrected"))
    assert b"chunk 1" in await serves.get_json(job.id, OWNER)
    changes = TextOptions(glossary="chunk 1 = Кусок")
    written = await serves.rewrite_text(job.id, OWNER, changes)
    assert written.options.glossary == changes.glossary
    fresh = Job.model_validate_json(await serves.get_json(job.id, OWNER))
    assert fresh.result is not None
    first, second, *_ = fresh.result.segments
    assert (first.text, second.text, second.raw_text) == ("corrected", "Кусок", "chunk 1")
    await serves.rewrite_text(job.id, OWNER, TextOptions(glossary=""))
    assert (await serves.get(job.id, OWNER)).result.segments[1].text == "chunk 1"


async def test_the_json_is_the_same_with_and_without_the_cache(components: Components) -> None:
    job, serves = await completed(components), service(components)
    fresh, cached = [Job.model_validate_json(await serves.get_json(job.id, OWNER)) for _ in "ab"]
    assert fresh == cached == (await serves.get(job.id, OWNER)).as_requested()


@pytest.mark.parametrize("option", [False, True])
async def test_a_caller_may_ask_for_word_times_whatever_the_option_says(
    components: Components, option: bool
) -> None:
    """The page follows the words of jobs that a program started without them."""
    options = TranscribeOptions(word_timestamps=option)
    job, serves = await completed(components, options), service(components)

    async def has_words(word_timestamps: bool | None) -> bool:
        read = Job.model_validate_json(await serves.get_json(job.id, OWNER, word_timestamps))
        assert read.result is not None
        return read.result.segments[0].words is not None

    for _ in ("fresh", "cached"):
        assert await has_words(None) is option
        assert await has_words(True)
        assert not await has_words(False)


async def test_a_deleted_recording_is_reported(components: Components) -> None:
    job, serves = await completed(components), service(components)
    _, blob = await serves.audio(job.id, OWNER)
    components.path(blob.name).unlink()
    with pytest.raises(AudioNotFoundError):
        await serves.audio(job.id, OWNER)


async def test_expiry_does_not_delete_a_job_that_was_resumed(components: Components) -> None:
    job, serves = await components.add_job(), service(components)
    assert not await serves.delete_ended(job.id)
    await serves.cancel(job.id, OWNER)
    assert await serves.delete_ended(job.id)
