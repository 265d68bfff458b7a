"""Sums over an owner's jobs, on SQLite and PostgreSQL."""

from datetime import timedelta

import pytest

from backend.storage.database import Database, StatisticsStore, Stores
from contracts.jobs import JobStatus, SegmentBorder, SegmentCorrection
from contracts.statistics import DAYS_SHOWN, SPEAKERS_SHOWN
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
from unit.backend.storage.database.test_speakers import assign, conversation

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


async def shown_speech(database: Database, *job_ids: str) -> dict[str | None, float]:
    """Return the seconds of each name as the jobs themselves have them."""
    speech: dict[str | None, float] = {}
    for job_id in job_ids:
        result = (await Stores(database).jobs.get(job_id)).result
        assert result
        for one in result.speakers:
            speech[one.name] = speech.get(one.name, 0.0) + one.speech_s
    return speech


async def counted_speech(database: Database) -> dict[str | None, float]:
    counted = (await StatisticsStore(database).count(OWNER, TODAY)).speakers
    assert sum(one.share for one in counted) == pytest.approx(1 if counted else 0, abs=0.001)
    return {one.name: one.speech_s for one in counted}


async def test_the_speech_of_each_name_follows_all_that_is_changed(
    database: Database, stores: Stores
) -> None:
    """The sums are kept, not counted: a change that misses them would stay wrong for ever."""
    first, second = await conversation(stores), await conversation(stores, ("S1", "S2"))
    await conversation(stores, owner="another")
    assert await counted_speech(database) == {None: 6 * CHUNK_S}
    name, transcripts = stores.speakers.name, stores.transcripts
    for step in (
        lambda: name(first, OWNER, "S1", "Анна"),
        lambda: name(second, OWNER, "S2", "Анна"),
        lambda: name(first, OWNER, "S3", "Пётр"),
        lambda: name(first, OWNER, "S3", "Анна"),  # merges
        lambda: assign(stores, first, 1, "S3"),
        lambda: transcripts.split_segment(first, OWNER, 0, SegmentBorder(word=1)),
        lambda: assign(stores, first, 4, "S9"),
        lambda: transcripts.move_border(first, OWNER, 1, SegmentBorder(word=1)),
        lambda: transcripts.join_segments(first, OWNER, 0),
        lambda: name(first, OWNER, "S3", None),  # separates
        lambda: assign(stores, first, 1, None),
        lambda: name(second, OWNER, "S2", "Ольга"),
        lambda: name(second, OWNER, "S2", None),
    ):
        await step()
        assert await counted_speech(database) == pytest.approx(
            await shown_speech(database, first, second)
        )
    assert set(await counted_speech(database)) == {"Анна", "Пётр", None}
    await stores.jobs.delete(first)
    assert await counted_speech(database) == {None: 2 * CHUNK_S}
    await stores.jobs.delete(second)
    assert await counted_speech(database) == {}


async def test_those_who_speak_longest_are_shown_and_then_all_without_a_name(
    database: Database, stores: Stores
) -> None:
    for number in range(SPEAKERS_SHOWN + 1):
        job_id = await conversation(stores, ("S1",) * (1 + number % 3) + ("S2",))
        await stores.speakers.name(job_id, OWNER, "S1", f"Имя {number}")
    speakers = (await StatisticsStore(database).count(OWNER, TODAY)).speakers
    assert len(speakers) == SPEAKERS_SHOWN + 1
    assert speakers[-1].name is None
    lengths = [one.speech_s for one in speakers[:-1]]
    assert lengths == sorted(lengths, reverse=True)
    total_s = sum(2 + number % 3 for number in range(SPEAKERS_SHOWN + 1)) * CHUNK_S
    assert speakers[-1].share == pytest.approx((SPEAKERS_SHOWN + 1) * CHUNK_S / total_s, abs=0.001)


async def test_the_size_of_the_database_is_known(database: Database, stores: Stores) -> None:
    statistics = StatisticsStore(database)
    before = await statistics.size_bytes()
    assert before > 10_000
    for _ in range(60):
        await completed(stores, *["слово " * 200] * 3)
    assert await statistics.size_bytes() > before + 100_000
