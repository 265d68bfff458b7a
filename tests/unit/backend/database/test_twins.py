"""The same recording is transcribed once: jobs that find, join and copy each other."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from backend.errors import JobNotFoundError
from backend.storage.database import HistoryStore, ResultKey, TranscriptionStore, Twin
from contracts.jobs import JobStatus
from unit.backend.database.recorded import (
    KEY,
    MODEL,
    NOON,
    OWNER,
    chunk_result,
    completed,
    queued,
    running,
    segment,
    segments,
)

OTHER_MODEL = MODEL.model_copy(update={"revision": "2"})
LATER = NOON + timedelta(seconds=9)


async def fail(jobs: TranscriptionStore, job_id: str) -> None:
    await jobs.finish(job_id, JobStatus.FAILED, finished_at=LATER)


async def test_of_identical_recordings_that_come_at_once_one_is_transcribed(
    jobs: TranscriptionStore,
) -> None:
    ids = [await running(jobs) for _ in range(8)]
    found = await asyncio.gather(*(jobs.claim_result(job_id, KEY) for job_id in ids))
    twins = dict(zip(ids, found, strict=True))
    (maker,) = [job_id for job_id, twin in twins.items() if twin is None]
    del twins[maker]
    assert set(twins.values()) == {Twin(maker, JobStatus.RUNNING)}


async def test_a_finished_result_is_copied_whole(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    first = await completed(jobs, "раз, два", "три", key=KEY, with_words=True)
    await jobs.edit_segment(first, OWNER, 1, "четыре")
    second = await running(jobs, 2)
    assert await jobs.claim_result(second, KEY) == Twin(first, JobStatus.COMPLETED)
    assert await jobs.copy_result(first, second)
    assert await jobs.copy_result(first, second)  # a step that is run again
    await jobs.finish(second, JobStatus.COMPLETED, finished_at=LATER)
    original, copied = await jobs.find(first), await jobs.find(second)
    assert copied.result == original.result
    assert copied.result
    assert copied.result.segments[1].original_text == "три"
    assert (copied.model, copied.progress) == (original.model, original.progress)
    assert (copied.cached, original.cached) == (True, False)
    assert [job.id for job in (await history.page(OWNER, query="четыре")).items] == [second, first]


async def test_a_copy_stands_in_when_its_original_is_deleted(jobs: TranscriptionStore) -> None:
    first = await completed(jobs, "раз", key=KEY)
    second, third = await running(jobs), await running(jobs)
    await jobs.claim_result(second, KEY)
    await jobs.copy_result(first, second)
    await jobs.finish(second, JobStatus.COMPLETED, finished_at=LATER)
    await jobs.delete(first)
    assert not await jobs.copy_result(first, third)
    assert await jobs.claim_result(third, KEY) == Twin(second, JobStatus.COMPLETED)


@pytest.mark.parametrize(
    "key",
    [
        replace(KEY, audio_sha256="other"),
        replace(KEY, options_key="other"),
        replace(KEY, model=OTHER_MODEL),
        replace(KEY, model=MODEL.model_copy(update={"name": "other"})),
    ],
)
async def test_a_change_of_anything_that_matters_is_a_new_transcription(
    jobs: TranscriptionStore, key: ResultKey
) -> None:
    await completed(jobs, "раз", key=KEY)
    assert await jobs.claim_result(await running(jobs), key) is None


async def test_the_device_of_the_model_does_not_matter(jobs: TranscriptionStore) -> None:
    first = await completed(jobs, "раз", key=KEY)
    other_device = replace(KEY, model=MODEL.model_copy(update={"device": "cuda:0"}))
    assert await jobs.claim_result(await running(jobs), other_device) == Twin(
        first, JobStatus.COMPLETED
    )


async def test_nothing_passes_from_owner_to_owner(jobs: TranscriptionStore) -> None:
    first = await completed(jobs, "раз", owner="first", key=KEY)
    second = await running(jobs, owner="second")
    assert await jobs.claim_result(second, KEY) is None
    assert not await jobs.copy_result(first, second)


async def test_when_the_maker_fails_one_of_its_followers_takes_its_place(
    jobs: TranscriptionStore,
) -> None:
    maker, second, third = [await running(jobs) for _ in range(3)]
    assert [await jobs.claim_result(job_id, KEY) for job_id in (maker, second, third)] == [
        None,
        Twin(maker, JobStatus.RUNNING),
        Twin(maker, JobStatus.RUNNING),
    ]
    await fail(jobs, maker)
    assert await jobs.claim_result(third, KEY) is None
    assert await jobs.claim_result(second, KEY) == Twin(third, JobStatus.RUNNING)


async def test_when_the_maker_is_deleted_its_follower_goes_on_alone(
    jobs: TranscriptionStore,
) -> None:
    maker, follower = await running(jobs), await running(jobs)
    await jobs.claim_result(maker, KEY)
    await jobs.claim_result(follower, KEY)
    await jobs.delete(maker)
    assert (await jobs.find(follower)).result
    assert await jobs.claim_result(follower, KEY) is None


async def test_a_follower_that_was_never_decoded_gets_all_that_is_known_of_the_recording(
    jobs: TranscriptionStore,
) -> None:
    first = await completed(jobs, "раз", "два", key=KEY)
    waiting = await queued(jobs)
    assert await jobs.known_audio(OWNER, "cc") == KEY.audio_sha256
    assert await jobs.known_audio("another", "cc") is None
    assert await jobs.known_audio(OWNER, "other bytes") is None
    assert await jobs.claim_result(waiting, KEY) == Twin(first, JobStatus.COMPLETED)
    assert await jobs.copy_result(first, waiting)
    await jobs.finish(waiting, JobStatus.COMPLETED, finished_at=LATER)
    copied, original = await jobs.find(waiting), await jobs.find(first)
    assert copied.result == original.result
    assert copied.file == original.file


async def test_a_maker_knows_its_followers_and_they_know_it(jobs: TranscriptionStore) -> None:
    maker, second, third, alone = (
        await running(jobs),
        await queued(jobs),
        await running(jobs),
        await running(jobs),
    )
    for job_id in (maker, second, third):
        await jobs.claim_result(job_id, KEY)
    assert [await jobs.joined_to(job_id) for job_id in (maker, second, alone)] == [
        None,
        maker,
        None,
    ]
    assert await jobs.followers(maker) == [second, third]
    await jobs.cancel(third, OWNER, LATER)
    await jobs.finish(maker, JobStatus.COMPLETED, finished_at=LATER)
    assert await jobs.followers(maker) == [second]
    await jobs.copy_result(maker, second)
    assert await jobs.followers(maker) == []
    assert await jobs.followers("gone") == []
    with pytest.raises(JobNotFoundError):
        await jobs.joined_to("gone")


async def test_a_follower_shows_how_far_its_maker_is(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    maker, follower = await running(jobs), await queued(jobs)
    await jobs.claim_result(maker, KEY)
    await jobs.claim_result(follower, KEY)
    await jobs.append(maker, 0, chunk_result([segment(0, "раз")], done=1))
    job = await jobs.find(follower)
    assert job.result
    assert job.result.text == "раз"
    assert job.result.duration_s == (await jobs.find(maker)).progress.total_s
    assert job.progress.chunks_done == 1
    assert (job.status, job.model) == (JobStatus.QUEUED, MODEL)
    assert (await history.page(OWNER)).items[0].progress == job.progress
    assert await segments(jobs, follower) == await segments(jobs, maker)
    await fail(jobs, follower)
    assert (await jobs.find(follower)).progress.chunks_done == 0


async def test_a_maker_that_was_interrupted_never_joins_another(jobs: TranscriptionStore) -> None:
    maker, forced = await running(jobs), await running(jobs)
    assert await jobs.claim_result(maker, KEY) is None
    assert await jobs.claim_result(forced, KEY, force=True) is None
    assert await jobs.claim_result(maker, KEY) is None


async def test_what_was_done_again_by_force_is_what_is_given_from_then_on(
    jobs: TranscriptionStore,
) -> None:
    await completed(jobs, "раз", key=KEY)
    again = await running(jobs, 1)
    assert await jobs.claim_result(again, KEY, force=True) is None
    await jobs.append(again, 0, chunk_result([segment(0, "два")], done=1, total=1))
    await jobs.finish(again, JobStatus.COMPLETED, finished_at=LATER)
    assert await jobs.claim_result(await running(jobs), KEY) == Twin(again, JobStatus.COMPLETED)


async def test_a_result_made_by_two_models_is_given_to_nobody(jobs: TranscriptionStore) -> None:
    mixed = await running(jobs, 2)
    await jobs.claim_result(mixed, KEY)
    await jobs.append(mixed, 0, chunk_result([], done=1, total=2, model=OTHER_MODEL))
    await jobs.append(mixed, 1, chunk_result([], done=2, total=2))
    await jobs.finish(mixed, JobStatus.COMPLETED, finished_at=LATER)
    assert await jobs.claim_result(await running(jobs), KEY) is None


async def test_a_deleted_job_claims_nothing(jobs: TranscriptionStore) -> None:
    with pytest.raises(JobNotFoundError):
        await jobs.claim_result("gone", KEY)
