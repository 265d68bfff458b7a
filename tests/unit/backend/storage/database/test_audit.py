"""The audit trail: if these fail, an action is missing in it, or it slows down or fails a call."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from backend.accounts import LOCAL_ACCOUNT, Account
from backend.audit import MAX_WAITING, REPEAT_S, AuditTrail
from backend.storage.database import AuditStore, NewAuditEntry, Stores
from contracts.audit import AuditAction
from unit.backend.storage.database.recorded import NOON

ANNA, BORIS = Account("account-1", "Анна"), Account("account-2", "Boris")


def entries(*targets: str, at: datetime = NOON) -> list[NewAuditEntry]:
    return [NewAuditEntry(at, "Анна", AuditAction.OPENED, target) for target in targets]


async def targets(store: AuditStore, **filters: object) -> list[str]:
    return [entry.target for entry in await store.page(**{"limit": 100} | filters)]


async def test_entries_are_read_page_by_page_the_newest_first(stores: Stores) -> None:
    trail = AuditTrail(stores.audit, 1)
    await stores.audit.add(entries("a", "b", "c"))
    trail.record(ANNA, AuditAction.DELETED, "d")
    first = await trail.page(2, None, action=None, target=None)
    assert [entry.target for entry in first.items] == ["d", "c"]
    assert (first.items[0].actor, first.items[0].action) == ("Анна", AuditAction.DELETED)
    assert datetime.now(UTC) - first.items[0].at < timedelta(minutes=5)
    second = await trail.page(2, first.next_cursor, action=None, target=None)
    assert [entry.target for entry in second.items] == ["b", "a"]
    assert second.next_cursor is None


async def test_entries_are_found_by_action_and_target(stores: Stores) -> None:
    await stores.audit.add(entries("a", "b"))
    await stores.audit.add([NewAuditEntry(NOON, "Анна", AuditAction.EXPORTED, "a")])
    assert await targets(stores.audit, target="a") == ["a", "a"]
    assert await targets(stores.audit, action=AuditAction.EXPORTED) == ["a"]
    assert await targets(stores.audit, action=AuditAction.OPENED, target="c") == []


async def test_entries_are_kept_for_the_days_that_are_set(stores: Stores) -> None:
    now = datetime.now(UTC)
    await stores.audit.add(entries("old", at=now - timedelta(days=8)))
    await stores.audit.add(entries("new", at=now - timedelta(days=6)))
    await AuditTrail(stores.audit, 7).expire()
    assert await targets(stores.audit) == ["new"]
    await AuditTrail(stores.audit, 0).expire()
    assert await targets(stores.audit) == []


async def test_opening_again_and_again_is_one_entry_for_each_account(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a client that asks every second fills the trail."""
    trail = AuditTrail(stores.audit, 1)
    for account in (ANNA, ANNA, BORIS):
        trail.record(account, AuditAction.OPENED, "a")
    for _ in range(2):
        trail.record(ANNA, AuditAction.EXPORTED, "a")
        trail.record(ANNA, AuditAction.OPENED, "b")
    await trail.flush()
    assert await targets(stores.audit, action=AuditAction.OPENED) == ["b", "a", "a"]
    assert await targets(stores.audit, action=AuditAction.EXPORTED) == ["a", "a"]
    monkeypatch.setattr("backend.audit.REPEAT_S", -REPEAT_S)
    trail.record(ANNA, AuditAction.OPENED, "a")
    await trail.flush()
    assert len(await targets(stores.audit, action=AuditAction.OPENED)) == 4


async def test_nothing_is_written_without_keys_or_when_it_is_off(stores: Stores) -> None:
    kept, off = AuditTrail(stores.audit, 1), AuditTrail(stores.audit, 0)
    kept.record(LOCAL_ACCOUNT, AuditAction.DELETED, "a")
    off.record(ANNA, AuditAction.DELETED, "b")
    for trail in (kept, off):
        await trail.flush()
    assert await targets(stores.audit) == []


class _AwayStore:
    """A database that is away for some calls."""

    def __init__(self, store: AuditStore, n_failures: int) -> None:
        self._store = store
        self._n_failures = n_failures

    async def add(self, entries: list[NewAuditEntry]) -> None:
        self._n_failures -= 1
        if self._n_failures >= 0:
            raise OperationalError("", None, ConnectionError())
        await self._store.add(entries)


async def test_entries_wait_for_the_database_in_their_order(stores: Stores) -> None:
    trail = AuditTrail(_AwayStore(stores.audit, 2), 1)  # type: ignore[arg-type]  # a stand-in
    trail.record(ANNA, AuditAction.DELETED, "a")
    trail.record(ANNA, AuditAction.DELETED, "b")
    for _ in range(2):
        with pytest.raises(OperationalError):
            await trail.flush()
        trail.record(ANNA, AuditAction.DELETED, "c")
    await trail.flush()
    assert await targets(stores.audit) == ["c", "c", "b", "a"]


async def test_a_database_that_stays_away_fills_no_memory(stores: Stores) -> None:
    trail = AuditTrail(stores.audit, 1)
    for number in range(MAX_WAITING + 1):
        trail.record(ANNA, AuditAction.DELETED, str(number))
    await trail.flush()
    found = await targets(stores.audit, limit=MAX_WAITING + 1)
    assert (len(found), found[-1]) == (MAX_WAITING, "1")
