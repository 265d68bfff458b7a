"""If these fail, identical recordings are transcribed twice, or a job gets a wrong result."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from backend.errors import JobNotFoundError
from backend.storage.database import HistoryStore, PreparedRecording, Primary, ResultKey, Stores
from backend.storage.database.row_mappers import lock_row
from contracts.jobs import Job, JobStatus, JobWarning, SegmentCorrection
from unit.backend.storage.database.recorded import (
    KEY,
    MODEL,
    NOISE,
    NOON,
    OWNER,
    chunk_result,
    completed,
    new_job,
    queued,
    running,
    segment,
    segments,
)

OTHER_MODEL = MODEL.model_copy(update={"revision": "2"})
LATER = NOON + timedelta(seconds=9)


async def fail(stores: Stores, job_id: str) -> None:
    await stores.runs.finish(job_id, JobStatus.FAILED, finished_at=LATER)


async def test_only_one_of_identical_concurrent_recordings_is_transcribed(
    stores: Stores,
) -> None:
    ids = [await running(stores) for _ in range(8)]
    found = await asyncio.gather(*(stores.duplicates.claim_result(job_id, KEY) for job_id in ids))
    sources = dict(zip(ids, found, strict=True))
    (primary,) = [job_id for job_id, source in sources.items() if source is None]
    del sources[primary]
    assert set(sources.values()) == {Primary(primary, JobStatus.RUNNING)}


async def test_a_job_that_only_asks_does_not_become_a_duplicate(stores: Stores) -> None:
    """Else a job would show the text of its primary while it still writes its own."""
    first, second = [await running(stores) for _ in range(2)]
    assert await stores.duplicates.claim_result(first, KEY, joins=False) is None
    for joins, primary in ((False, None), (True, first)):
        claimed = await stores.duplicates.claim_result(second, KEY, joins=joins)
        assert claimed == Primary(first, JobStatus.RUNNING)
        assert await stores.duplicates.primary_of(second) == primary


async def test_all_of_a_finished_result_is_copied(stores: Stores, history: HistoryStore) -> None:
    texts = ("раз, два", "три")
    first = await completed(stores, *texts, key=KEY, with_words=True, report=[NOISE])
    await stores.transcripts.edit_segment(first, OWNER, 1, SegmentCorrection(text="четыре"))
    second = await running(stores, 2)
    assert await stores.duplicates.claim_result(second, KEY) == Primary(first, JobStatus.COMPLETED)
    assert await stores.duplicates.copy_result(first, second)
    assert await stores.duplicates.copy_result(first, second)  # as a repeated step does
    await stores.runs.finish(second, JobStatus.COMPLETED, finished_at=LATER)
    original, copied = await stores.jobs.get(first), await stores.jobs.get(second)
    assert copied.result == original.result
    assert copied.result
    assert copied.result.segments[1].original_text == "три"
    assert (copied.model, copied.progress) == (original.model, original.progress)
    assert (copied.cached, original.cached) == (True, False)
    assert [job.id for job in (await history.page(OWNER, query="четыре")).items] == [second, first]


async def transcribed(stores: Stores, sha256: str, *warnings: JobWarning) -> Job:
    """Transcribe a file, or copy the result of one with the same audio, as the workflow does."""
    job = new_job()
    job.file.sha256 = sha256
    await stores.jobs.add(job, OWNER, "blob")
    await stores.runs.begin(job.id, NOON)
    if await stores.duplicates.known_audio(OWNER, sha256, KEY.options_key) is None:
        await stores.runs.set_prepared(job.id, PreparedRecording(1.0, 1.0, 1, warnings))
    primary = await stores.duplicates.claim_result(job.id, KEY)
    if primary is None:
        await stores.runs.append(job.id, 0, chunk_result([segment(0, "раз")], done=1, total=1))
    else:
        await stores.duplicates.copy_result(primary.job_id, job.id)
    await stores.runs.finish(job.id, JobStatus.COMPLETED, finished_at=LATER)
    return await stores.jobs.get(job.id)


async def test_a_warning_about_a_file_stays_with_that_file(stores: Stores) -> None:
    """A healthy file is not cut off because a cut one with the same sound got its result."""
    cut = JobWarning.TRUNCATED
    jobs = [
        await transcribed(stores, "healthy"),
        await transcribed(stores, "cut", cut),
        await transcribed(stores, "healthy"),
        await transcribed(stores, "cut"),
        await transcribed(stores, "healthy 2"),
    ]
    assert [job.warnings for job in jobs] == [[], [cut], [], [cut], []]
    assert [job.cached for job in jobs] == [False, True, True, True, True]


async def test_a_warning_about_a_result_goes_with_every_copy(stores: Stores) -> None:
    first = await completed(stores, "раз", key=KEY)
    with stores.jobs._database.writing() as session:
        row = lock_row(session, first)
        assert row
        row.warnings = [JobWarning.MODEL_CHANGED, JobWarning.NON_FINITE_SAMPLES]
    second = await running(stores)
    await stores.duplicates.claim_result(second, KEY)
    await stores.duplicates.copy_result(first, second)
    assert JobWarning.MODEL_CHANGED in (await stores.jobs.get(second)).warnings


async def test_a_copy_is_the_primary_after_its_original_is_deleted(stores: Stores) -> None:
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
async def test_other_audio_options_or_model_need_a_new_transcription(
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


async def test_owners_share_no_results(stores: Stores) -> None:
    first = await completed(stores, "раз", owner="first", key=KEY)
    second = await running(stores, owner="second")
    assert await stores.duplicates.claim_result(second, KEY) is None
    assert not await stores.duplicates.copy_result(first, second)


async def test_a_duplicate_becomes_the_primary_when_its_primary_fails(
    stores: Stores,
) -> None:
    primary, second, third = [await running(stores) for _ in range(3)]
    assert [
        await stores.duplicates.claim_result(job_id, KEY) for job_id in (primary, second, third)
    ] == [
        None,
        Primary(primary, JobStatus.RUNNING),
        Primary(primary, JobStatus.RUNNING),
    ]
    await fail(stores, primary)
    assert await stores.duplicates.claim_result(third, KEY) is None
    assert await stores.duplicates.claim_result(second, KEY) == Primary(third, JobStatus.RUNNING)


async def test_a_duplicate_continues_alone_when_its_primary_is_deleted(
    stores: Stores,
) -> None:
    primary, duplicate = await running(stores), await running(stores)
    await stores.duplicates.claim_result(primary, KEY)
    await stores.duplicates.claim_result(duplicate, KEY)
    await stores.jobs.delete(primary)
    assert (await stores.jobs.get(duplicate)).result
    assert await stores.duplicates.claim_result(duplicate, KEY) is None


async def test_a_duplicate_that_was_never_decoded_gets_the_file_properties_too(
    stores: Stores,
) -> None:
    first = await completed(stores, "раз", "два", key=KEY)
    waiting = await queued(stores)
    assert await stores.duplicates.known_audio(OWNER, "cc", "bb") == KEY.audio_sha256
    assert await stores.duplicates.known_audio("another", "cc", "bb") is None
    assert await stores.duplicates.known_audio(OWNER, "other bytes", "bb") is None
    assert await stores.duplicates.known_audio(OWNER, "cc", "other options") is None
    assert await stores.duplicates.claim_result(waiting, KEY) == Primary(first, JobStatus.COMPLETED)
    assert await stores.duplicates.copy_result(first, waiting)
    await stores.runs.finish(waiting, JobStatus.COMPLETED, finished_at=LATER)
    copied, original = await stores.jobs.get(waiting), await stores.jobs.get(first)
    assert copied.result == original.result
    assert copied.file == original.file


async def test_primaries_and_duplicates_find_each_other(stores: Stores) -> None:
    primary, second, third, alone = (
        await running(stores),
        await queued(stores),
        await running(stores),
        await running(stores),
    )
    for job_id in (primary, second, third):
        await stores.duplicates.claim_result(job_id, KEY)
    assert [await stores.duplicates.primary_of(job_id) for job_id in (primary, second, alone)] == [
        None,
        primary,
        None,
    ]
    assert await stores.duplicates.duplicates_of(primary) == [second, third]
    await stores.jobs.cancel(third, OWNER, LATER)
    await stores.runs.finish(primary, JobStatus.COMPLETED, finished_at=LATER)
    assert await stores.duplicates.duplicates_of(primary) == [second]
    await stores.duplicates.copy_result(primary, second)
    assert await stores.duplicates.duplicates_of(primary) == []
    assert await stores.duplicates.duplicates_of("gone") == []
    with pytest.raises(JobNotFoundError):
        await stores.duplicates.primary_of("gone")


async def test_a_duplicate_shows_the_progress_of_its_primary(
    stores: Stores, history: HistoryStore
) -> None:
    primary, duplicate = await running(stores), await queued(stores)
    await stores.duplicates.claim_result(primary, KEY)
    await stores.duplicates.claim_result(duplicate, KEY)
    await stores.runs.append(primary, 0, chunk_result([segment(0, "раз")], done=1))
    job = await stores.jobs.get(duplicate)
    assert job.result
    assert job.result.text == "раз"
    assert job.result.duration_s == (await stores.jobs.get(primary)).progress.total_s
    assert job.progress.chunks_done == 1
    assert (job.status, job.model) == (JobStatus.QUEUED, MODEL)
    assert (await history.page(OWNER)).items[0].progress == job.progress
    assert await segments(stores, duplicate) == await segments(stores, primary)
    await fail(stores, duplicate)
    assert (await stores.jobs.get(duplicate)).progress.chunks_done == 0


async def test_an_interrupted_primary_never_becomes_a_duplicate(stores: Stores) -> None:
    primary, forced = await running(stores), await running(stores)
    assert await stores.duplicates.claim_result(primary, KEY) is None
    assert await stores.duplicates.claim_result(forced, KEY, force=True) is None
    assert await stores.duplicates.claim_result(primary, KEY) is None


async def test_a_forced_result_replaces_the_earlier_one_for_later_jobs(
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


async def test_a_result_of_two_models_is_not_shared(stores: Stores) -> None:
    mixed = await running(stores, 2)
    await stores.duplicates.claim_result(mixed, KEY)
    await stores.runs.append(mixed, 0, chunk_result([], done=1, total=2, model=OTHER_MODEL))
    await stores.runs.append(mixed, 1, chunk_result([], done=2, total=2))
    await stores.runs.finish(mixed, JobStatus.COMPLETED, finished_at=LATER)
    assert await stores.duplicates.claim_result(await running(stores), KEY) is None


async def test_a_deleted_job_claims_nothing(stores: Stores) -> None:
    with pytest.raises(JobNotFoundError):
        await stores.duplicates.claim_result("gone", KEY)
