"""If these fail, a living backend looks dead to the others, or a dead one alive."""

import asyncio
import time

import pytest

from backend.storage.database import Stores


async def test_signs_of_life_are_counted_until_a_backend_is_removed(stores: Stores) -> None:
    backends = stores.backends
    await backends.add("here", "1")
    await backends.beat("here")
    await backends.add("here", "1")
    assert await backends.beat("here")
    assert await backends.beats() == {"here": 2}
    await backends.remove(["here", "unknown"])
    assert not await backends.beat("here")
    assert await backends.beats() == {}


async def test_only_one_backend_has_a_sqlite_database(stores: Stores) -> None:
    """A restart after a kill finds the row of the process before, whose jobs it must continue."""
    await stores.backends.add("before", "1")
    await stores.backends.add("after", "1")
    others = {"before": 0} if stores.backends.is_shared else {}
    assert await stores.backends.beats() == {**others, "after": 0}


async def test_work_waits_until_all_backends_continue_the_same_jobs(stores: Stores) -> None:
    """Else an upgrade would take jobs from backends of the former version that still run."""
    if not stores.backends.is_shared:
        pytest.skip("only one backend has a SQLite database")
    done: list[str] = []
    await stores.backends.add("old", "1")
    await stores.backends.add("new", "2")
    await stores.backends.if_all_continue("2", lambda: done.append("early"))
    await stores.backends.remove(["old"])
    await stores.backends.if_all_continue("2", lambda: done.append("now"))
    assert done == ["now"]


async def test_work_is_done_by_one_backend_at_a_time(stores: Stores) -> None:
    """Else one backend would delete the record of a job that another one has started again."""
    await stores.backends.add("here", "1")
    active: list[int] = []

    def work() -> None:
        active.append(1)
        time.sleep(0.1)
        assert len(active) == 1
        active.pop()

    await asyncio.gather(*(stores.backends.if_all_continue("1", work) for _ in range(3)))
    assert active == []
