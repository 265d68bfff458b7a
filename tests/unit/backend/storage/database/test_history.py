"""If these fail, the history hides or repeats jobs, or the wrong ones expire."""

from datetime import timedelta

import pytest

from backend.errors import BadRequestError
from backend.storage.database import HistoryStore, Stores
from contracts.jobs import JobStatus
from unit.backend.storage.database.recorded import NOON, OWNER, completed, queued, running


async def shown(history: HistoryStore, limit: int, **filters: object) -> list[list[str]]:
    """Return the ids of each page."""
    pages, cursor = [], None
    while True:
        page = await history.page(OWNER, limit=limit, cursor=cursor, **filters)
        pages.append([job.id for job in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return pages


async def test_pages_show_each_job_once_from_new_to_old(
    stores: Stores, history: HistoryStore
) -> None:
    ids = [await queued(stores) for _ in range(5)][::-1]
    await queued(stores, owner="another")
    assert await shown(history, 2) == [ids[:2], ids[2:4], ids[4:]]
    assert await shown(history, 5) == [ids]
    assert (await history.page("nobody")).items == []


async def test_order_and_cursors_do_not_depend_on_the_clock(
    stores: Stores, history: HistoryStore
) -> None:
    times = [NOON, NOON - timedelta(days=400), NOON, NOON - timedelta(seconds=1)]
    ids = [await queued(stores, created_at=time) for time in times][::-1]
    assert await shown(history, 1) == [[job_id] for job_id in ids]
    assert (await history.page(OWNER)).items[2].created_at == times[1]


async def test_jobs_added_or_deleted_between_two_pages_repeat_and_hide_none(
    stores: Stores, history: HistoryStore
) -> None:
    ids = [await queued(stores) for _ in range(6)][::-1]
    page = await history.page(OWNER, limit=2)
    await queued(stores)
    for gone in (ids[0], ids[1], ids[2]):
        await stores.jobs.delete(gone)
    rest = await history.page(OWNER, limit=9, cursor=page.next_cursor)
    assert [job.id for job in rest.items] == ids[3:]


async def test_the_number_of_a_deleted_job_is_not_reused(
    stores: Stores, history: HistoryStore
) -> None:
    first = [await queued(stores) for _ in range(2)]
    cursor = (await history.page(OWNER, limit=1)).next_cursor
    await stores.jobs.delete(first[1])
    newest = await queued(stores)
    after = await history.page(OWNER, cursor=cursor)
    assert newest not in [job.id for job in after.items]


async def test_a_status_filters_the_history(stores: Stores, history: HistoryStore) -> None:
    done, waiting, works = (
        await completed(stores, "раз"),
        await queued(stores),
        await running(stores),
    )
    assert await shown(history, 1, status=JobStatus.COMPLETED) == [[done]]
    assert await shown(history, 1, status=JobStatus.QUEUED) == [[waiting]]
    assert await shown(history, 1, status=JobStatus.RUNNING) == [[works]]


async def test_pages_contain_no_transcripts(stores: Stores, history: HistoryStore) -> None:
    await completed(stores, "раз")
    (job,) = (await history.page(OWNER)).items
    assert job.result is None
    assert job.progress.chunks_done == 1


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²", "9" * 40, "\0", "1 OR 1=1"])
async def test_an_invalid_cursor_is_refused(history: HistoryStore, cursor: str) -> None:
    with pytest.raises(BadRequestError):
        await history.page(OWNER, cursor=cursor)


async def test_only_jobs_that_ended_before_the_limit_expire(
    stores: Stores, history: HistoryStore
) -> None:
    old = await completed(stores, "раз", finished_at=NOON - timedelta(days=2), blob="old")
    await completed(stores, "раз", finished_at=NOON)
    await running(stores)
    before = NOON - timedelta(days=1)
    assert await stores.retention.expired(before) == [old]
    assert await stores.retention.audio_expired(before) == [old]
    assert await stores.retention.drop_audio(old) == "old"
    assert await stores.retention.audio_expired(before) == []
    assert await stores.retention.expired(before) == [old]
    assert await stores.retention.drop_audio(old) is None
    assert await stores.jobs.blob(old) is None
    assert (await stores.jobs.get(old)).result
    assert (await stores.jobs.delete(old)).blob is None
