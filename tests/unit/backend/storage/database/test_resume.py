"""If these fail, a resumed job loses its text, or queue positions and estimates are wrong."""

from datetime import timedelta

import pytest

from backend.errors import JobNotFoundError, WrongStateError
from backend.storage.database import HistoryStore, QueueName, Stores, queue_for_file
from backend.storage.database.queue import queue_for_duration
from contracts.jobs import FileInfo, JobStatus, JobWarning, SegmentCorrection
from unit.backend.storage.database.recorded import (
    CHUNK_S,
    KEY,
    MODEL,
    NOON,
    OWNER,
    chunk_result,
    completed,
    new_job,
    queued,
    running,
    segment,
)

LATER = NOON + timedelta(hours=1)


async def cancelled(stores: Stores, *, n_done: int = 1) -> str:
    """Add a job of three chunks that was cancelled after `n_done`."""
    job_id = await running(stores)
    await stores.duplicates.claim_result(job_id, KEY)
    for index in range(n_done):
        await stores.runs.append(
            job_id, index, chunk_result([segment(index, "раз")], done=index + 1)
        )
    await stores.jobs.cancel(job_id, OWNER, NOON)
    return job_id


async def of_length(stores: Stores, duration_s: float | None, size_bytes: int = 5 * 2**30) -> str:
    job = new_job()
    length = {"duration_s": duration_s, "size_bytes": size_bytes}
    job.file = FileInfo(**(job.file.model_dump() | length))
    await stores.jobs.add(job, OWNER, "blob")
    return job.id


async def place(stores: Stores, job_id: str) -> int | None:
    return (await stores.jobs.get(job_id)).queue_position


async def test_a_resumed_job_keeps_its_text_and_progress(stores: Stores) -> None:
    job_id = await cancelled(stores)
    revision = await stores.jobs.revision(job_id)
    await stores.transcripts.edit_segment(job_id, OWNER, 0, SegmentCorrection(text="исправлено"))
    await stores.jobs.resume(job_id, OWNER, LATER)
    job = await stores.jobs.get(job_id)
    assert (job.status, job.started_at, job.finished_at) == (JobStatus.QUEUED, None, None)
    assert (job.progress.chunks_done, job.progress.processed_s) == (1, CHUNK_S)
    assert job.result is not None
    assert [one.text for one in job.result.segments] == ["исправлено"]
    assert await stores.jobs.revision(job_id) > revision, "the cached result is outdated"
    assert await stores.runs.begin(job_id, LATER)
    assert await stores.duplicates.claim_result(job_id, KEY) is None
    assert not await stores.runs.append(job_id, 0, chunk_result([segment(0, "снова")], done=1))
    assert await stores.runs.append(job_id, 1, chunk_result([segment(1, "два")], done=2))
    assert (await stores.jobs.get(job_id)).result.text == "исправлено два"
    assert JobWarning.MODEL_CHANGED not in (await stores.jobs.get(job_id)).warnings


async def test_a_job_resumed_with_another_model_has_a_warning(stores: Stores) -> None:
    """Otherwise the text of two models would be shared as that of one."""
    job_id = await cancelled(stores)
    await stores.jobs.resume(job_id, OWNER, LATER)
    await stores.runs.begin(job_id, LATER)
    other = MODEL.model_copy(update={"revision": "2"})
    await stores.duplicates.claim_result(
        job_id, KEY.__class__(KEY.audio_sha256, KEY.options_key, other)
    )
    assert (await stores.jobs.get(job_id)).warnings == [JobWarning.MODEL_CHANGED]


async def test_only_cancelled_and_failed_jobs_can_be_resumed(stores: Stores) -> None:
    for job_id in (await queued(stores), await running(stores), await completed(stores, "раз")):
        status = await stores.jobs.status(job_id)
        with pytest.raises(WrongStateError):
            await stores.jobs.resume(job_id, OWNER, LATER)
        assert await stores.jobs.status(job_id) is status
    failed = await running(stores)
    await stores.runs.finish(failed, JobStatus.FAILED, finished_at=NOON)
    await stores.jobs.resume(failed, OWNER, LATER)
    assert ((await stores.jobs.get(failed)).status, (await stores.jobs.get(failed)).error) == (
        JobStatus.QUEUED,
        None,
    )
    stranger = await cancelled(stores)
    for job_id, owner in ((stranger, "another"), ("unknown", OWNER)):
        with pytest.raises(JobNotFoundError):
            await stores.jobs.resume(job_id, owner, LATER)


async def test_a_job_without_its_recording_cannot_be_resumed(
    stores: Stores, history: HistoryStore
) -> None:
    job_id = await cancelled(stores)
    await stores.retention.drop_audio(job_id)
    with pytest.raises(WrongStateError, match="no longer stored"):
        await stores.jobs.resume(job_id, OWNER, LATER)
    assert await stores.jobs.status(job_id) is JobStatus.CANCELLED


async def test_the_recording_of_a_resumed_job_is_kept(
    stores: Stores, history: HistoryStore
) -> None:
    """The expiry lists jobs first and deletes recordings later: one may be resumed in between."""
    job_id = await cancelled(stores)
    assert await stores.retention.audio_expired(LATER) == [job_id]
    await stores.jobs.resume(job_id, OWNER, LATER)
    assert await stores.retention.drop_audio(job_id) is None
    assert await stores.jobs.blob(job_id) is not None


async def test_only_waiting_jobs_have_a_position_in_their_queue(stores: Stores) -> None:
    works, first, long, dictation, second = [
        await of_length(stores, duration_s) for duration_s in (40, 600, 601, 5, 31)
    ]
    await stores.runs.begin(works, NOON)
    assert await place(stores, works) is None
    assert [await place(stores, job_id) for job_id in (first, second)] == [1, 2]
    assert [await place(stores, job_id) for job_id in (long, dictation)] == [1, 1]
    await stores.runs.begin(first, NOON)
    assert await place(stores, second) == 1


@pytest.mark.parametrize(
    ("duration_s", "size_bytes", "queue"),
    [
        (30, 10**9, QueueName.DICTATION),
        (30.1, 10, QueueName.SHORT),
        (600, 10, QueueName.SHORT),
        (600.1, 10, QueueName.LONG),
        (None, 30_000, QueueName.DICTATION),
        (None, 30_001, QueueName.SHORT),
        (None, 600_001, QueueName.LONG),
    ],
)
async def test_the_database_and_the_job_queue_choose_the_same_queue(
    stores: Stores, duration_s: float | None, size_bytes: int, queue: QueueName
) -> None:
    """Otherwise a job would show its position in a queue that it is not in."""
    before = {queue_for_duration(one_s): await of_length(stores, one_s) for one_s in (1, 31, 601)}
    job_id = await of_length(stores, duration_s, size_bytes)
    assert queue_for_file((await stores.jobs.get(job_id)).file) is queue
    assert await place(stores, job_id) == 2
    await stores.jobs.cancel(before[queue], OWNER, NOON)
    assert await place(stores, job_id) == 1


async def test_a_resumed_job_waits_at_the_end_of_the_queue(
    stores: Stores, history: HistoryStore
) -> None:
    paused, waiting = await of_length(stores, 5), await of_length(stores, 5)
    await stores.jobs.cancel(paused, OWNER, NOON)
    await stores.jobs.resume(paused, OWNER, LATER)
    assert (await place(stores, waiting), await place(stores, paused)) == (1, 2)
    assert [job.queue_position for job in (await history.page(OWNER)).items] == [1, 2]


async def test_remaining_audio_is_counted_by_queue(stores: Stores) -> None:
    """Otherwise the estimated waiting time is wrong."""
    assert await stores.waiting.remaining_audio_s(5) == (0, 0)
    await of_length(stores, 100)
    await of_length(stores, 4000)
    await completed(stores, "раз")
    works = await running(stores)  # three chunks
    await stores.runs.append(works, 0, chunk_result([segment(0, "раз")], done=1))
    assert await stores.waiting.remaining_audio_s(600) == (100 + 2 * CHUNK_S, 4000)
    assert await stores.waiting.remaining_audio_s(601) == (4000, 100 + 2 * CHUNK_S)
    assert await stores.waiting.remaining_audio_s(30) == (0, 4100 + 2 * CHUNK_S)


async def test_a_duplicate_that_is_transcribed_itself_shows_its_own_progress(
    stores: Stores,
) -> None:
    """Otherwise the finished chunks of its former primary would count as its own."""
    primary = await running(stores)
    await stores.duplicates.claim_result(primary, KEY)
    await stores.runs.append(primary, 0, chunk_result([segment(0, "раз")], done=1))
    duplicate = await queued(stores)
    assert await stores.duplicates.claim_result(duplicate, KEY) is not None
    assert (await stores.jobs.get(duplicate)).progress.chunks_done == 1
    assert await place(stores, duplicate) is None, "a duplicate has no position in the queue"
    await stores.jobs.cancel(primary, OWNER, NOON)
    await stores.runs.begin(duplicate, NOON)
    assert (await stores.jobs.get(duplicate)).progress.chunks_done == 0
