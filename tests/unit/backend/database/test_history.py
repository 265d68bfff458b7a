"""The list of jobs: pages, filters, and what has grown old."""

from datetime import timedelta
from pathlib import Path

import pytest

from backend.errors import BadRequestError
from backend.storage.database import HistoryStore, TranscriptionStore
from contracts.jobs import JobStatus
from unit.backend.database.recorded import NOON, OWNER, completed, queued, running


def shown(history: HistoryStore, limit: int, **filters: object) -> list[list[str]]:
    """The ids on each page, to the end."""
    pages, cursor = [], None
    while True:
        page = history.page(OWNER, limit=limit, cursor=cursor, **filters)
        pages.append([job.id for job in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return pages


def test_pages_show_every_job_once_the_newest_first(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    ids = [queued(jobs) for _ in range(5)][::-1]
    queued(jobs, owner="another")
    assert shown(history, 2) == [ids[:2], ids[2:4], ids[4:]]
    assert shown(history, 5) == [ids]
    assert history.page("nobody").items == []


def test_order_and_cursors_stand_when_the_clock_steps_back(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    times = [NOON, NOON - timedelta(days=400), NOON, NOON - timedelta(seconds=1)]
    ids = [queued(jobs, created_at=time) for time in times][::-1]
    assert shown(history, 1) == [[job_id] for job_id in ids]
    assert history.page(OWNER).items[2].created_at == times[1]


def test_what_comes_and_goes_between_two_pages_neither_repeats_nor_hides_a_job(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    ids = [queued(jobs) for _ in range(6)][::-1]
    page = history.page(OWNER, limit=2)
    queued(jobs)
    for gone in (ids[0], ids[1], ids[2]):
        jobs.delete(gone)
    rest = history.page(OWNER, limit=9, cursor=page.next_cursor)
    assert [job.id for job in rest.items] == ids[3:]


def test_the_number_of_a_deleted_job_is_never_given_again(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    first = [queued(jobs) for _ in range(2)]
    cursor = history.page(OWNER, limit=1).next_cursor
    jobs.delete(first[1])
    newest = queued(jobs)
    after = history.page(OWNER, cursor=cursor)
    assert newest not in [job.id for job in after.items]


def test_a_status_selects(jobs: TranscriptionStore, history: HistoryStore) -> None:
    done, waiting, works = completed(jobs, "раз"), queued(jobs), running(jobs)
    assert shown(history, 1, status=JobStatus.COMPLETED) == [[done]]
    assert shown(history, 1, status=JobStatus.QUEUED) == [[waiting]]
    assert shown(history, 1, status=JobStatus.RUNNING) == [[works]]


def test_a_list_carries_no_transcripts(jobs: TranscriptionStore, history: HistoryStore) -> None:
    completed(jobs, "раз")
    (job,) = history.page(OWNER).items
    assert job.result is None
    assert job.progress.chunks_done == 1


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²", "9" * 40, "\0", "1 OR 1=1"])
def test_a_cursor_that_nobody_gave_is_refused(history: HistoryStore, cursor: str) -> None:
    with pytest.raises(BadRequestError):
        history.page(OWNER, cursor=cursor)


def test_only_what_ended_long_ago_expires(
    jobs: TranscriptionStore, history: HistoryStore, tmp_path: Path
) -> None:
    old = completed(jobs, "раз", finished_at=NOON - timedelta(days=2), blob=tmp_path / "old")
    completed(jobs, "раз", finished_at=NOON)
    running(jobs)
    before = NOON - timedelta(days=1)
    assert history.expired(before) == [old]
    assert history.audio_expired(before) == [old]
    assert history.drop_audio(old) == tmp_path / "old"
    assert history.audio_expired(before) == []
    assert history.expired(before) == [old]
    assert history.drop_audio(old) is None
    assert jobs.blob(old) is None
    assert jobs.find(old).result
    assert jobs.delete(old).blob is None
