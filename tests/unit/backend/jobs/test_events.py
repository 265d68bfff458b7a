"""What a client is told of a job; with a real database."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.jobs import events as events_module
from backend.jobs.events import job_events
from backend.jobs.news import JobNews
from backend.storage.database import Database, TranscriptionStore
from contracts.events import EventKind, JobEvent
from contracts.jobs import JobStatus
from contracts.transcription import Segment
from unit.backend.database.recorded import NOON, OWNER, chunk_result, running, segment


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TranscriptionStore]:
    monkeypatch.setattr(events_module, "LOOK_S", 0.01)
    database = Database.open(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)
    yield TranscriptionStore(database)
    database.close()


def told(events: list[JobEvent]) -> list[str]:
    return [event.data.text for event in events if isinstance(event.data, Segment)]


async def until_the_end(jobs: TranscriptionStore, job_id: str, after: int) -> list[JobEvent]:
    return [event async for event in job_events(jobs, JobNews(), job_id, OWNER, after)]


async def test_a_segment_that_grew_after_it_was_told_is_told_again(jobs) -> None:
    """Else a page would keep half a sentence until it is reloaded."""
    job_id = await running(jobs)
    await jobs.append(job_id, 0, chunk_result([segment(0, "раз"), segment(1, "два")], done=1))
    following = job_events(jobs, JobNews(), job_id, OWNER, after=0)
    before = [await anext(following) for _ in range(3)]
    assert [event.kind for event in before] == [EventKind.SEGMENT] * 2 + [EventKind.PROGRESS]
    last_id = before[-1].id

    grown = [segment(1, "два три"), segment(2, "четыре")]
    await jobs.append(job_id, 1, chunk_result(grown, done=2))
    await jobs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    async with asyncio.timeout(10):
        after = [event async for event in following]
    assert told(after) == ["два три", "четыре"]
    assert [event.id for event in after] == sorted(event.id for event in after)
    assert after[-1].kind is EventKind.COMPLETED
    # also for a client that was away when it grew
    assert told(await until_the_end(jobs, job_id, last_id)) == ["два три", "четыре"]
    assert told(await until_the_end(jobs, job_id, after[-1].id)) == []
    assert told(await until_the_end(jobs, job_id, 0)) == ["раз", "два три", "четыре"]


async def test_a_segment_written_anew_but_the_same_is_told_once(jobs) -> None:
    job_id = await running(jobs)
    await jobs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    following = job_events(jobs, JobNews(), job_id, OWNER, after=0)
    assert told([await anext(following), await anext(following)]) == ["раз"]
    await jobs.append(job_id, 1, chunk_result([segment(0, "раз"), segment(1, "два")], done=2))
    await jobs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    async with asyncio.timeout(10):
        assert told([event async for event in following]) == ["два"]


async def test_what_happens_here_is_told_at_once(jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each step of a job is seen up to half a second late, and so is the end of it."""
    monkeypatch.setattr(events_module, "LOOK_S", 3600)
    job_id, news = await running(jobs), JobNews()
    following = job_events(jobs, news, job_id, OWNER, after=0)
    assert (await anext(following)).kind is EventKind.PROGRESS
    waiting = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0.05)
    await jobs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    news.tell("another job")
    await asyncio.sleep(0.05)
    assert not waiting.done()
    news.tell(job_id)
    async with asyncio.timeout(10):
        assert (await waiting).kind is EventKind.PROGRESS
        assert (await anext(following)).kind is EventKind.COMPLETED


async def test_news_that_comes_between_two_looks_is_not_lost(jobs, monkeypatch) -> None:
    monkeypatch.setattr(events_module, "LOOK_S", 3600)
    job_id, news = await running(jobs), JobNews()
    following = job_events(jobs, news, job_id, OWNER, after=0)
    assert (await anext(following)).kind is EventKind.PROGRESS
    await jobs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    news.tell(job_id)
    async with asyncio.timeout(10):
        assert [event.kind async for event in following][-1] is EventKind.COMPLETED
