"""If these fail, a living backend looks dead to the others, or a dead one alive."""

from backend.storage.database import Stores


async def test_signs_of_life_are_counted_until_a_backend_is_removed(stores: Stores) -> None:
    backends = stores.backends
    await backends.add("here")
    await backends.beat("here")
    await backends.add("here")
    assert await backends.beat("here")
    assert await backends.beats() == {"here": 2}
    await backends.remove(["here", "unknown"])
    assert not await backends.beat("here")
    assert await backends.beats() == {}


async def test_only_one_backend_has_a_sqlite_database(stores: Stores) -> None:
    """A restart after a kill finds the row of the process before, whose jobs it must continue."""
    await stores.backends.add("before")
    await stores.backends.add("after")
    others = {"before": 0} if stores.backends.is_shared else {}
    assert await stores.backends.beats() == {**others, "after": 0}
