"""The same recording is transcribed once: jobs that find, join and copy each other."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from backend.errors import JobNotFoundError
from backend.storage.database import HistoryStore, Primary, ResultKey, Stores
from contracts.jobs import JobStatus
from unit.backend.storage.database.recorded import (
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


async def fail(stores: Stores, job_id: str) -> None:
    await stores.runs.finish(job_id, JobStatus.FAILED, finished_at=LATER)


async def test_of_identical_recordings_that_come_at_once_one_is_transcribed(
    stores: Stores,
) -> None:
    ids = [await running(stores) for _ in range(8)]
    found = await asyncio.gather(*(stores.duplicates.claim_result(job_id, KEY) for job_id in ids))
    twins = dict(zip(ids, found, strict=True))
    (maker,) = [job_id for job_id, twin in twins.items() if twin is None]
    del twins[maker]
    assert set(twins.values()) == {Primary(maker, JobStatus.RUNNING)}


async def test_a_finished_result_is_copied_whole(stores: Stores, history: HistoryStore) -> None:
    first = await completed(stores, "раз, два", "три", key=KEY, with_words=True)
    await stores.transcripts.edit_segment(first, OWNER, 1, "четыре")
    second = await running(stores, 2)
    assert await stores.duplicates.claim_result(second, KEY) == Primary(first, JobStatus.COMPLETED)
    assert await stores.duplicates.copy_result(first, second)
    assert await stores.duplicates.copy_result(first, second)  # a step that is run again
    await stores.runs.finish(second, JobStatus.COMPLETED, finished_at=LATER)
    original, copied = await stores.jobs.get(first), await stores.jobs.get(second)
    assert copied.result == original.result
    assert copied.result
    assert copied.result.segments[1].original_text == "три"
    assert (copied.model, copied.progress) == (original.model, original.progress)
    assert (copied.cached, original.cached) == (True, False)
    assert [job.id for job in (await history.page(OWNER, query="четыре")).items] == [second, first]


async def test_a_copy_stands_in_when_its_original_is_deleted(stores: Stores) -> None:
    first = await completed(stores, "раз", key=KEY)
    second, third = await running(stores), await running(stores)
    await stores.duplicates.claim_result(second, KEY)
    await stores.duplicates.copy_result(first, second)
    await stores.runs.finish(second, JobStatus.COMPLETED, finished_at=LATER)
    await stores.jobs.delete(first)
    assert not await stores.duplicates.copy_result(first, third)
    assert await stores.duplicates.claim_result(third, KEY) == Primary(second, JobStatus.COMPLETED)


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
    stores: Stores, key: ResultKey
) -> None:
    await completed(stores, "раз", key=KEY)
    assert await stores.duplicates.claim_result(await running(stores), key) is None


async def test_the_device_of_the_model_does_not_matter(stores: Stores) -> None:
    first = await completed(stores, "раз", key=KEY)
    other_device = replace(KEY, model=MODEL.model_copy(update={"device": "cuda:0"}))
    assert await stores.duplicates.claim_result(await running(stores), other_device) == Primary(
        first, JobStatus.COMPLETED
    )


async def test_nothing_passes_from_owner_to_owner(stores: Stores) -> None:
    first = await completed(stores, "раз", owner="first", key=KEY)
    second = await running(stores, owner="second")
    assert await stores.duplicates.claim_result(second, KEY) is None
    assert not await stores.duplicates.copy_result(first, second)


async def test_when_the_maker_fails_one_of_its_followers_takes_its_place(
    stores: Stores,
) -> None:
    maker, second, third = [await running(stores) for _ in range(3)]
    assert [
        await stores.duplicates.claim_result(job_id, KEY) for job_id in (maker, second, third)
    ] == [
        None,
        Primary(maker, JobStatus.RUNNING),
        Primary(maker, JobStatus.RUNNING),
    ]
    await fail(stores, maker)
    assert await stores.duplicates.claim_result(third, KEY) is None
    assert await stores.duplicates.claim_result(second, KEY) == Primary(third, JobStatus.RUNNING)


async def test_when_the_maker_is_deleted_its_follower_goes_on_alone(
    stores: Stores,
) -> None:
    maker, follower = await running(stores), await running(stores)
    await stores.duplicates.claim_result(maker, KEY)
    await stores.duplicates.claim_result(follower, KEY)
    await stores.jobs.delete(maker)
    assert (await stores.jobs.get(follower)).result
    assert await stores.duplicates.claim_result(follower, KEY) is None


async def test_a_follower_that_was_never_decoded_gets_all_that_is_known_of_the_recording(
    stores: Stores,
) -> None:
    first = await completed(stores, "раз", "два", key=KEY)
    waiting = await queued(stores)
    assert await stores.duplicates.known_audio(OWNER, "cc") == KEY.audio_sha256
    assert await stores.duplicates.known_audio("another", "cc") is None
    assert await stores.duplicates.known_audio(OWNER, "other bytes") is None
    assert await stores.duplicates.claim_result(waiting, KEY) == Primary(first, JobStatus.COMPLETED)
    assert await stores.duplicates.copy_result(first, waiting)
    await stores.runs.finish(waiting, JobStatus.COMPLETED, finished_at=LATER)
    copied, original = await stores.jobs.get(waiting), await stores.jobs.get(first)
    assert copied.result == original.result
    assert copied.file == original.file


async def test_a_maker_knows_its_followers_and_they_know_it(stores: Stores) -> None:
    maker, second, third, alone = (
        await running(stores),
        await queued(stores),
        await running(stores),
        await running(stores),
    )
    for job_id in (maker, second, third):
        await stores.duplicates.claim_result(job_id, KEY)
    assert [await stores.duplicates.primary_of(job_id) for job_id in (maker, second, alone)] == [
        None,
        maker,
        None,
    ]
    assert await stores.duplicates.duplicates_of(maker) == [second, third]
    await stores.jobs.cancel(third, OWNER, LATER)
    await stores.runs.finish(maker, JobStatus.COMPLETED, finished_at=LATER)
    assert await stores.duplicates.duplicates_of(maker) == [second]
    await stores.duplicates.copy_result(maker, second)
    assert await stores.duplicates.duplicates_of(maker) == []
    assert await stores.duplicates.duplicates_of("gone") == []
    with pytest.raises(JobNotFoundError):
        await stores.duplicates.primary_of("gone")


async def test_a_follower_shows_how_far_its_maker_is(stores: Stores, history: HistoryStore) -> None:
    maker, follower = await running(stores), await queued(stores)
    await stores.duplicates.claim_result(maker, KEY)
    await stores.duplicates.claim_result(follower, KEY)
    await stores.runs.append(maker, 0, chunk_result([segment(0, "раз")], done=1))
    job = await stores.jobs.get(follower)
    assert job.result
    assert job.result.text == "раз"
    assert job.result.duration_s == (await stores.jobs.get(maker)).progress.total_s
    assert job.progress.chunks_done == 1
    assert (job.status, job.model) == (JobStatus.QUEUED, MODEL)
    assert (await history.page(OWNER)).items[0].progress == job.progress
    assert await segments(stores, follower) == await segments(stores, maker)
    await fail(stores, follower)
    assert (await stores.jobs.get(follower)).progress.chunks_done == 0


async def test_a_maker_that_was_interrupted_never_joins_another(stores: Stores) -> None:
    maker, forced = await running(stores), await running(stores)
    assert await stores.duplicates.claim_result(maker, KEY) is None
    assert await stores.duplicates.claim_result(forced, KEY, force=True) is None
    assert await stores.duplicates.claim_result(maker, KEY) is None


async def test_what_was_done_again_by_force_is_what_is_given_from_then_on(
    stores: Stores,
) -> None:
    await completed(stores, "раз", key=KEY)
    again = await running(stores, 1)
    assert await stores.duplicates.claim_result(again, KEY, force=True) is None
    await stores.runs.append(again, 0, chunk_result([segment(0, "два")], done=1, total=1))
    await stores.runs.finish(again, JobStatus.COMPLETED, finished_at=LATER)
    assert await stores.duplicates.claim_result(await running(stores), KEY) == Primary(
        again, JobStatus.COMPLETED
    )


async def test_a_result_made_by_two_models_is_given_to_nobody(stores: Stores) -> None:
    mixed = await running(stores, 2)
    await stores.duplicates.claim_result(mixed, KEY)
    await stores.runs.append(mixed, 0, chunk_result([], done=1, total=2, model=OTHER_MODEL))
    await stores.runs.append(mixed, 1, chunk_result([], done=2, total=2))
    await stores.runs.finish(mixed, JobStatus.COMPLETED, finished_at=LATER)
    assert await stores.duplicates.claim_result(await running(stores), KEY) is None


async def test_a_deleted_job_claims_nothing(stores: Stores) -> None:
    with pytest.raises(JobNotFoundError):
        await stores.duplicates.claim_result("gone", KEY)
