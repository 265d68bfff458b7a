"""Jobs that are taken up again, and the places of those that wait."""

from datetime import timedelta
from pathlib import Path

import pytest

from backend.errors import JobNotFoundError, WrongStateError
from backend.storage.database import HistoryStore, Lane, TranscriptionStore
from contracts.jobs import FileInfo, JobStatus, JobWarning
from unit.backend.database.recorded import (
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


async def cancelled(jobs: TranscriptionStore, *, n_done: int = 1) -> str:
    """A job of three chunks that was stopped after some."""
    job_id = await running(jobs)
    await jobs.claim_result(job_id, KEY)
    for index in range(n_done):
        await jobs.append(job_id, index, chunk_result([segment(index, "раз")], done=index + 1))
    await jobs.cancel(job_id, OWNER, NOON)
    return job_id


async def of_length(
    jobs: TranscriptionStore, duration_s: float | None, size_bytes: int = 5 * 2**30
) -> str:
    job = new_job()
    length = {"duration_s": duration_s, "size_bytes": size_bytes}
    job.file = FileInfo(**(job.file.model_dump() | length))
    await jobs.add(job, OWNER, Path("blob"))
    return job.id


async def place(jobs: TranscriptionStore, job_id: str) -> int | None:
    return (await jobs.find(job_id)).queue_position


async def test_a_job_goes_on_with_all_that_it_had(jobs: TranscriptionStore) -> None:
    job_id = await cancelled(jobs)
    revision = await jobs.revision(job_id)
    await jobs.edit_segment(job_id, OWNER, 0, "исправлено")
    await jobs.resume(job_id, OWNER, LATER)
    job = await jobs.find(job_id)
    assert (job.status, job.started_at, job.finished_at) == (JobStatus.QUEUED, None, None)
    assert (job.progress.chunks_done, job.progress.processed_s) == (1, CHUNK_S)
    assert job.result is not None
    assert [one.text for one in job.result.segments] == ["исправлено"]
    assert await jobs.revision(job_id) > revision, "what is cached of its end is not true any more"
    assert await jobs.start(job_id, LATER)
    assert await jobs.claim_result(job_id, KEY) is None
    assert not await jobs.append(job_id, 0, chunk_result([segment(0, "снова")], done=1))
    assert await jobs.append(job_id, 1, chunk_result([segment(1, "два")], done=2))
    assert (await jobs.find(job_id)).result.text == "исправлено два"
    assert JobWarning.MODEL_CHANGED not in (await jobs.find(job_id)).warnings


async def test_a_job_that_goes_on_with_another_model_says_so(jobs: TranscriptionStore) -> None:
    """Else the text of two models would be given for that of one, and shared as such."""
    job_id = await cancelled(jobs)
    await jobs.resume(job_id, OWNER, LATER)
    await jobs.start(job_id, LATER)
    other = MODEL.model_copy(update={"revision": "2"})
    await jobs.claim_result(job_id, KEY.__class__(KEY.audio_sha256, KEY.options_key, other))
    assert (await jobs.find(job_id)).warnings == [JobWarning.MODEL_CHANGED]


async def test_only_what_ended_before_its_time_goes_on(jobs: TranscriptionStore) -> None:
    for job_id in (await queued(jobs), await running(jobs), await completed(jobs, "раз")):
        status = await jobs.status(job_id)
        with pytest.raises(WrongStateError):
            await jobs.resume(job_id, OWNER, LATER)
        assert await jobs.status(job_id) is status
    failed = await running(jobs)
    await jobs.finish(failed, JobStatus.FAILED, finished_at=NOON)
    await jobs.resume(failed, OWNER, LATER)
    assert ((await jobs.find(failed)).status, (await jobs.find(failed)).error) == (
        JobStatus.QUEUED,
        None,
    )
    stranger = await cancelled(jobs)
    for job_id, owner in ((stranger, "another"), ("unknown", OWNER)):
        with pytest.raises(JobNotFoundError):
            await jobs.resume(job_id, owner, LATER)


async def test_a_recording_that_was_dropped_is_not_waited_for(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    job_id = await cancelled(jobs)
    await history.drop_audio(job_id)
    with pytest.raises(WrongStateError, match="not kept"):
        await jobs.resume(job_id, OWNER, LATER)
    assert await jobs.status(job_id) is JobStatus.CANCELLED


async def test_the_recording_of_a_job_that_was_taken_up_again_is_not_dropped(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    """Housekeeping lists what has expired, and drops it later: the job may wait again by then."""
    job_id = await cancelled(jobs)
    assert await history.audio_expired(LATER) == [job_id]
    await jobs.resume(job_id, OWNER, LATER)
    assert await history.drop_audio(job_id) is None
    assert await jobs.blob(job_id) is not None


async def test_a_job_that_was_done_in_parts_tells_nothing_of_the_speed(
    jobs: TranscriptionStore,
) -> None:
    """A night's pause would make every estimate hours too long."""
    await completed(jobs, "раз", finished_at=NOON + timedelta(seconds=CHUNK_S))
    job_id = await cancelled(jobs)
    await jobs.resume(job_id, OWNER, LATER)
    await jobs.start(job_id, LATER)
    await jobs.finish(job_id, JobStatus.COMPLETED, finished_at=LATER + timedelta(days=1))
    assert await jobs.recent_speed(MODEL.name) == 1.0


async def test_places_are_those_of_the_lane_and_only_of_who_waits(jobs: TranscriptionStore) -> None:
    works, first, long, dictation, second = [
        await of_length(jobs, duration_s) for duration_s in (40, 600, 601, 5, 31)
    ]
    await jobs.start(works, NOON)
    assert await place(jobs, works) is None
    assert [await place(jobs, job_id) for job_id in (first, second)] == [1, 2]
    assert [await place(jobs, job_id) for job_id in (long, dictation)] == [1, 1]
    await jobs.start(first, NOON)
    assert await place(jobs, second) == 1


@pytest.mark.parametrize(
    ("duration_s", "size_bytes", "lane"),
    [
        (30, 10**9, Lane.DICTATION),
        (30.1, 10, Lane.SHORT),
        (600, 10, Lane.SHORT),
        (600.1, 10, Lane.LONG),
        (None, 30_000, Lane.DICTATION),
        (None, 30_001, Lane.SHORT),
        (None, 600_001, Lane.LONG),
    ],
)
async def test_the_database_and_the_queue_mean_the_same_lane(
    jobs: TranscriptionStore, duration_s: float | None, size_bytes: int, lane: Lane
) -> None:
    """Else a place is told in a queue in which the recording does not stand."""
    before = {Lane.of(one_s): await of_length(jobs, one_s) for one_s in (1, 31, 601)}
    job_id = await of_length(jobs, duration_s, size_bytes)
    assert Lane.of_file((await jobs.find(job_id)).file) is lane
    assert await place(jobs, job_id) == 2
    await jobs.cancel(before[lane], OWNER, NOON)
    assert await place(jobs, job_id) == 1


async def test_who_goes_on_stands_at_the_end(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    paused, waiting = await of_length(jobs, 5), await of_length(jobs, 5)
    await jobs.cancel(paused, OWNER, NOON)
    await jobs.resume(paused, OWNER, LATER)
    assert (await place(jobs, waiting), await place(jobs, paused)) == (1, 2)
    assert [job.queue_position for job in (await history.page(OWNER)).items] == [1, 2]


async def test_the_audio_that_is_left_is_told_by_lane(jobs: TranscriptionStore) -> None:
    """What an estimate adds up: too much or too little of it and nobody believes it."""
    assert await jobs.audio_left(5) == (0, 0)
    await of_length(jobs, 100)
    await of_length(jobs, 4000)
    await completed(jobs, "раз")
    works = await running(jobs)  # three chunks
    await jobs.append(works, 0, chunk_result([segment(0, "раз")], done=1))
    assert await jobs.audio_left(600) == (100 + 2 * CHUNK_S, 4000)
    assert await jobs.audio_left(601) == (4000, 100 + 2 * CHUNK_S)
    assert await jobs.audio_left(30) == (0, 4100 + 2 * CHUNK_S)


async def test_who_joined_another_and_then_works_itself_shows_how_far_it_is_itself(
    jobs: TranscriptionStore,
) -> None:
    """Chunks that only the other one has done would be taken for its own."""
    leader = await running(jobs)
    await jobs.claim_result(leader, KEY)
    await jobs.append(leader, 0, chunk_result([segment(0, "раз")], done=1))
    follower = await queued(jobs)
    assert await jobs.claim_result(follower, KEY) is not None
    assert (await jobs.find(follower)).progress.chunks_done == 1
    assert await place(jobs, follower) is None, "it waits for no turn"
    await jobs.cancel(leader, OWNER, NOON)
    await jobs.start(follower, NOON)
    assert (await jobs.find(follower)).progress.chunks_done == 0
