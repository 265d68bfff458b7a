"""Sums over an owner's jobs, on SQLite and PostgreSQL."""

from datetime import timedelta

from backend.storage.database import Database, StatisticsStore, Stores
from contracts.jobs import JobStatus, SegmentCorrection
from contracts.statistics import DAYS_SHOWN
from unit.backend.storage.database.recorded import (
    CHUNK_S,
    KEY,
    NOON,
    OWNER,
    chunk_transcript,
    completed,
    queued,
    running,
)

TODAY = NOON.date()


async def test_nothing_is_counted_before_anything_was_done(database: Database) -> None:
    counted = await StatisticsStore(database).count(OWNER, TODAY)
    assert (counted.n_recordings, counted.audio_s, counted.n_words) == (0, 0, 0)
    assert (counted.rtf, counted.n_queued, counted.n_running) == (None, 0, 0)
    assert [day.n_recordings for day in counted.by_day] == [0] * DAYS_SHOWN


async def test_only_the_owner_s_transcribed_recordings_count(
    database: Database, stores: Stores
) -> None:
    first = await completed(
        stores, "Раз, два.", "", " три ", finished_at=NOON + timedelta(seconds=30)
    )
    await stores.transcripts.edit_segment(
        first, OWNER, 0, SegmentCorrection(text="Исправлено на много слов больше")
    )
    await completed(stores, "четыре", owner="another", finished_at=NOON + timedelta(seconds=10))
    await stores.chunks.put(OWNER, "key", first, chunk_transcript("раз"))
    failed = await running(stores)
    await stores.runs.finish(failed, JobStatus.FAILED, finished_at=NOON)
    await queued(stores)
    await running(stores, owner="another")
    counted = await StatisticsStore(database).count(OWNER, TODAY)
    assert (counted.n_recordings, counted.audio_s) == (1, 3 * CHUNK_S)
    assert counted.n_words == 3, "the model's words, not those of a correction"
    assert (counted.n_queued, counted.n_running) == (1, 1)
    own = await StatisticsStore(database).count(OWNER, TODAY, queue_of_all=False)
    assert (own.n_queued, own.n_running) == (1, 0)
    assert counted.rtf == 0.5 / 8 / CHUNK_S, "half a second for a batch of 8"


async def test_recordings_count_on_the_day_they_arrived_up_to_today(
    database: Database, stores: Stores
) -> None:
    done = await completed(stores, "раз", "два")
    for today, place in ((TODAY, -1), (TODAY + timedelta(days=DAYS_SHOWN - 1), 0)):
        by_day = (await StatisticsStore(database).count(OWNER, today)).by_day
        assert len(by_day) == DAYS_SHOWN
        assert by_day[-1].day == today
        assert (by_day[place].day, by_day[place].n_recordings) == (TODAY, 1)
        assert by_day[place].audio_s == 2 * CHUNK_S
        assert sum(day.n_recordings for day in by_day) == 1
    late = await StatisticsStore(database).count(OWNER, TODAY + timedelta(days=DAYS_SHOWN))
    assert sum(day.n_recordings for day in late.by_day) == 0
    assert late.n_recordings == 1
    assert (await stores.jobs.get(done)).status is JobStatus.COMPLETED


async def test_copies_count_and_deleted_recordings_do_not(
    database: Database, stores: Stores
) -> None:
    """The sums are kept, not counted: a change that misses them would stay wrong for ever."""
    first = await completed(stores, "раз, два", key=KEY)
    second = await running(stores, 1)
    await stores.duplicates.claim_result(second, KEY)
    await stores.duplicates.copy_result(first, second)
    await stores.runs.finish(second, JobStatus.COMPLETED, finished_at=NOON)
    await stores.runs.finish(second, JobStatus.COMPLETED, finished_at=NOON)  # a repeated step
    failed = await running(stores)
    await stores.runs.finish(failed, JobStatus.FAILED, finished_at=NOON)
    counted = await StatisticsStore(database).count(OWNER, TODAY)
    assert (counted.n_recordings, counted.audio_s, counted.n_words) == (2, 2 * CHUNK_S, 4)
    for job_id in (first, failed):
        await stores.jobs.delete(job_id)
    counted = await StatisticsStore(database).count(OWNER, TODAY)
    assert (counted.n_recordings, counted.audio_s, counted.n_words) == (1, CHUNK_S, 2)
    assert counted.by_day[-1].n_recordings == 1


async def test_the_size_of_the_database_is_known(database: Database, stores: Stores) -> None:
    statistics = StatisticsStore(database)
    before = await statistics.size_bytes()
    assert before > 10_000
    for _ in range(60):
        await completed(stores, *["слово " * 200] * 3)
    assert await statistics.size_bytes() > before + 100_000
