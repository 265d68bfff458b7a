"""If these fail, a client of the event stream misses segments, or gets them late or twice."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from backend.jobs.events import JobEvents
from backend.notifications import JobNotifier
from backend.storage.database import Database, Stores
from contracts.events import EventKind, JobEvent
from contracts.jobs import JobStatus
from contracts.transcription import Segment
from unit.backend.storage.database.recorded import NOON, OWNER, chunk_result, running, segment

NEVER_S = 3600.0


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    database = Database.open(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)
    yield Stores(database)
    database.close()


def texts(events: list[JobEvent]) -> list[str]:
    return [event.data.text for event in events if isinstance(event.data, Segment)]


def follow(
    stores: Stores,
    job_id: str,
    after: int = 0,
    *,
    notifier: JobNotifier | None = None,
    poll_s: float = 0.01,
) -> AsyncGenerator[JobEvent]:
    events = JobEvents(stores.jobs, stores.transcripts, notifier or JobNotifier(), poll_s)
    return events.follow(job_id, OWNER, after)


async def follow_to_end(stores: Stores, job_id: str, after: int) -> list[str]:
    return texts([event async for event in follow(stores, job_id, after)])


async def test_a_segment_that_grows_after_it_was_sent_is_sent_again(stores) -> None:
    """Else a page would show half a sentence until it is reloaded."""
    job_id = await running(stores)
    first = chunk_result([segment(0, "раз"), segment(1, "два")], done=1)
    await stores.runs.append(job_id, 0, first)
    following = follow(stores, job_id)
    before = [await anext(following) for _ in range(3)]
    assert [event.kind for event in before] == [EventKind.SEGMENT] * 2 + [EventKind.PROGRESS]
    last_id = before[-1].id

    grown = [segment(1, "два три"), segment(2, "четыре")]
    await stores.runs.append(job_id, 1, chunk_result(grown, done=2))
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    async with asyncio.timeout(10):
        after = [event async for event in following]
    assert texts(after) == ["два три", "четыре"]
    assert [event.id for event in after] == sorted(event.id for event in after)
    assert after[-1].kind is EventKind.COMPLETED
    # also for a client that was disconnected when it grew
    assert await follow_to_end(stores, job_id, last_id) == ["два три", "четыре"]
    assert await follow_to_end(stores, job_id, after[-1].id) == []
    assert await follow_to_end(stores, job_id, 0) == ["раз", "два три", "четыре"]


async def test_a_segment_that_is_rewritten_unchanged_is_sent_once(stores) -> None:
    job_id = await running(stores)
    await stores.runs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    following = follow(stores, job_id)
    assert texts([await anext(following), await anext(following)]) == ["раз"]
    both = chunk_result([segment(0, "раз"), segment(1, "два")], done=2)
    await stores.runs.append(job_id, 1, both)
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    async with asyncio.timeout(10):
        assert texts([event async for event in following]) == ["два"]


async def test_a_change_in_this_process_is_sent_at_once(stores) -> None:
    """Else each step of a job, and its end, would be seen seconds late."""
    job_id, notifier = await running(stores), JobNotifier()
    following = follow(stores, job_id, notifier=notifier, poll_s=NEVER_S)
    assert (await anext(following)).kind is EventKind.PROGRESS
    waiting = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0.05)
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    notifier.notify("another job")
    await asyncio.sleep(0.05)
    assert not waiting.done()
    notifier.notify(job_id)
    async with asyncio.timeout(10):
        assert (await waiting).kind is EventKind.PROGRESS
        assert (await anext(following)).kind is EventKind.COMPLETED


async def test_a_notification_between_two_reads_is_not_lost(stores) -> None:
    job_id, notifier = await running(stores), JobNotifier()
    following = follow(stores, job_id, notifier=notifier, poll_s=NEVER_S)
    assert (await anext(following)).kind is EventKind.PROGRESS
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    notifier.notify(job_id)
    async with asyncio.timeout(10):
        assert [event.kind async for event in following][-1] is EventKind.COMPLETED
