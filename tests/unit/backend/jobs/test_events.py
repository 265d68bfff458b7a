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
    database = Database.open(f"sqlite:///{tmp_path / 'test.db'}")
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
    events = JobEvents(stores.jobs, notifier or JobNotifier(), poll_s)
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


class CountingStore:
    """Counts the calls of a store's method."""

    def __init__(self, store: object) -> None:
        self._store = store
        self.n_calls = 0

    def __getattr__(self, name: str) -> object:
        self.n_calls += 1
        return getattr(self._store, name)


async def collect(events: AsyncGenerator[JobEvent], found: list[JobEvent]) -> None:
    async for event in events:
        found.append(event)  # noqa: PERF401  # one by one


async def until(is_reached) -> None:
    async with asyncio.timeout(10):
        while not is_reached():
            await asyncio.sleep(0.01)


async def test_all_followers_of_a_job_share_one_read_of_each_change(stores) -> None:
    """Otherwise hundreds of open pages slow every other request down."""
    job_id, notifier = await running(stores), JobNotifier()
    jobs = CountingStore(stores.jobs)
    events = JobEvents(jobs, notifier, NEVER_S)
    found: list[list[JobEvent]] = [[] for _ in range(200)]
    following = [asyncio.create_task(collect(events.follow(job_id, OWNER), one)) for one in found]
    await until(lambda: all(map(len, found)))
    await stores.runs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    notifier.notify(job_id)
    await until(lambda: all(texts(one) == ["раз"] for one in found))
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    notifier.notify(job_id)
    async with asyncio.timeout(10):
        await asyncio.gather(*following)
    assert all(one[-1].kind is EventKind.COMPLETED for one in found)
    assert jobs.n_calls == 3


async def test_followers_that_join_late_get_what_they_lack(stores) -> None:
    job_id, notifier = await running(stores), JobNotifier()
    events = JobEvents(stores.jobs, notifier, 0.01)
    first: list[JobEvent] = []
    following = asyncio.create_task(collect(events.follow(job_id, OWNER), first))
    await stores.runs.append(
        job_id, 0, chunk_result([segment(0, "раз"), segment(1, "два")], done=1)
    )
    await until(lambda: texts(first) == ["раз", "два"])
    late, resumed = [], []
    after = next(event.id for event in first if event.kind is EventKind.SEGMENT)
    joined = [
        asyncio.create_task(collect(events.follow(job_id, OWNER), late)),
        asyncio.create_task(collect(events.follow(job_id, OWNER, after), resumed)),
    ]
    await until(lambda: late and resumed)
    await stores.runs.append(job_id, 1, chunk_result([segment(2, "три")], done=2))
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    async with asyncio.timeout(10):
        await asyncio.gather(following, *joined)
    assert texts(first) == texts(late) == ["раз", "два", "три"]
    assert texts(resumed) == ["два", "три"]


async def test_a_slow_follower_gets_every_segment_before_the_end(stores) -> None:
    """Otherwise a page with a slow connection shows a text with gaps as complete."""
    job_id, notifier = await running(stores), JobNotifier()
    await stores.runs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    events = JobEvents(stores.jobs, notifier, 0.01)
    fast: list[JobEvent] = []
    slow = events.follow(job_id, OWNER)
    first = await anext(slow)
    following = asyncio.create_task(collect(events.follow(job_id, OWNER), fast))
    await stores.runs.append(job_id, 1, chunk_result([segment(1, "два")], done=2))
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    async with asyncio.timeout(10):
        await following
        rest = [event async for event in slow]
    assert texts([first, *rest]) == ["раз", "два"]
    assert rest[-1].kind is EventKind.COMPLETED


async def test_a_job_without_followers_is_not_read(stores) -> None:
    job_id = await running(stores)
    jobs = CountingStore(stores.jobs)
    events = JobEvents(jobs, JobNotifier(), 0.01)
    following = events.follow(job_id, OWNER)
    await anext(following)
    await following.aclose()
    await asyncio.sleep(0.05)
    n_calls = jobs.n_calls
    await asyncio.sleep(0.1)
    assert jobs.n_calls == n_calls
    again = events.follow(job_id, OWNER)
    assert (await anext(again)).kind is EventKind.PROGRESS
    await again.aclose()


async def test_a_resumed_job_is_followed_anew(stores) -> None:
    job_id = await running(stores)
    events = JobEvents(stores.jobs, JobNotifier(), 0.01)
    await stores.jobs.cancel(job_id, OWNER, NOON)
    async with asyncio.timeout(10):
        slow = events.follow(job_id, OWNER)
        assert (await anext(slow)).kind is EventKind.PROGRESS  # keeps the ended feed in use
        await stores.jobs.resume(job_id, OWNER, NOON)
        again = events.follow(job_id, OWNER)
        assert (await anext(again)).kind is EventKind.PROGRESS
        await stores.runs.begin(job_id, NOON)
        await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
        assert [event.kind async for event in again][-1] is EventKind.COMPLETED
        assert [event.kind async for event in slow] == [EventKind.CANCELLED]


async def test_followers_of_a_deleted_job_end_and_a_failed_read_reaches_them(stores) -> None:
    """Otherwise their streams stay open for ever."""
    job_id = await running(stores)
    events = JobEvents(stores.jobs, JobNotifier(), 0.01)
    following = events.follow(job_id, OWNER)
    await anext(following)
    await stores.jobs.delete(job_id, OWNER)
    async with asyncio.timeout(10):
        assert [event async for event in following] == []

    class BrokenStore:
        async def get_with_changes(self, *_: object) -> None:
            raise OSError("gone")

    broken = JobEvents(BrokenStore(), JobNotifier(), 0.01)
    with pytest.raises(OSError, match="gone"):
        await anext(broken.follow(job_id, OWNER))
