"""The list of jobs: pages, filters, and what has grown old."""

from datetime import timedelta
from pathlib import Path

import pytest

from backend.errors import BadRequestError
from backend.storage.database import HistoryStore, TranscriptionStore
from contracts.jobs import JobStatus
from unit.backend.database.recorded import NOON, OWNER, completed, queued, running


async def shown(history: HistoryStore, limit: int, **filters: object) -> list[list[str]]:
    """The ids on each page, to the end."""
    pages, cursor = [], None
    while True:
        page = await history.page(OWNER, limit=limit, cursor=cursor, **filters)
        pages.append([job.id for job in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return pages


async def test_pages_show_every_job_once_the_newest_first(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    ids = [await queued(jobs) for _ in range(5)][::-1]
    await queued(jobs, owner="another")
    assert await shown(history, 2) == [ids[:2], ids[2:4], ids[4:]]
    assert await shown(history, 5) == [ids]
    assert (await history.page("nobody")).items == []


async def test_order_and_cursors_stand_when_the_clock_steps_back(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    times = [NOON, NOON - timedelta(days=400), NOON, NOON - timedelta(seconds=1)]
    ids = [await queued(jobs, created_at=time) for time in times][::-1]
    assert await shown(history, 1) == [[job_id] for job_id in ids]
    assert (await history.page(OWNER)).items[2].created_at == times[1]


async def test_what_comes_and_goes_between_two_pages_neither_repeats_nor_hides_a_job(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    ids = [await queued(jobs) for _ in range(6)][::-1]
    page = await history.page(OWNER, limit=2)
    await queued(jobs)
    for gone in (ids[0], ids[1], ids[2]):
        await jobs.delete(gone)
    rest = await history.page(OWNER, limit=9, cursor=page.next_cursor)
    assert [job.id for job in rest.items] == ids[3:]


async def test_the_number_of_a_deleted_job_is_never_given_again(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    first = [await queued(jobs) for _ in range(2)]
    cursor = (await history.page(OWNER, limit=1)).next_cursor
    await jobs.delete(first[1])
    newest = await queued(jobs)
    after = await history.page(OWNER, cursor=cursor)
    assert newest not in [job.id for job in after.items]


async def test_a_status_selects(jobs: TranscriptionStore, history: HistoryStore) -> None:
    done, waiting, works = await completed(jobs, "раз"), await queued(jobs), await running(jobs)
    assert await shown(history, 1, status=JobStatus.COMPLETED) == [[done]]
    assert await shown(history, 1, status=JobStatus.QUEUED) == [[waiting]]
    assert await shown(history, 1, status=JobStatus.RUNNING) == [[works]]


async def test_a_list_carries_no_transcripts(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    await completed(jobs, "раз")
    (job,) = (await history.page(OWNER)).items
    assert job.result is None
    assert job.progress.chunks_done == 1


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²", "9" * 40, "\0", "1 OR 1=1"])
async def test_a_cursor_that_nobody_gave_is_refused(history: HistoryStore, cursor: str) -> None:
    with pytest.raises(BadRequestError):
        await history.page(OWNER, cursor=cursor)


async def test_only_what_ended_long_ago_expires(
    jobs: TranscriptionStore, history: HistoryStore, tmp_path: Path
) -> None:
    old = await completed(jobs, "раз", finished_at=NOON - timedelta(days=2), blob=tmp_path / "old")
    await completed(jobs, "раз", finished_at=NOON)
    await running(jobs)
    before = NOON - timedelta(days=1)
    assert await history.expired(before) == [old]
    assert await history.audio_expired(before) == [old]
    assert await history.drop_audio(old) == tmp_path / "old"
    assert await history.audio_expired(before) == []
    assert await history.expired(before) == [old]
    assert await history.drop_audio(old) is None
    assert await jobs.blob(old) is None
    assert (await jobs.find(old)).result
    assert (await jobs.delete(old)).blob is None
