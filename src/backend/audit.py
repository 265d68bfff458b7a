"""Write down who did what, without slowing it down: entries are stored in batches."""

from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from backend.accounts import LOCAL_ACCOUNT, Account
from backend.storage.database import AuditStore, NewAuditEntry
from contracts.audit import AuditAction, AuditPage

log = structlog.get_logger()

REPEAT_S = 600
"""Seconds in which the same account opens or plays the same transcription only once."""

MAX_WAITING = 10_000
"""Entries that wait for an unavailable database; the oldest ones are dropped first."""

LINK_READER = Account("", "(link)")
"""Whoever reads a shared transcript."""

COMMAND_LINE = Account("", "(command line)")

_REPEATED = {AuditAction.OPENED, AuditAction.PLAYED}
_MAX_REMEMBERED = 10_000


class AuditTrail:
    """The entries of this process; `flush` stores them.

    A process that is killed loses those since the last call of `flush`.

    Args:
        days: for which entries are kept; 0: none are made.
    """

    def __init__(self, store: AuditStore, days: int) -> None:
        self._store = store
        self._days = days
        self._waiting: deque[NewAuditEntry] = deque()
        self._latest: OrderedDict[tuple[str, AuditAction, str], datetime] = OrderedDict()

    def of(self, account: Account) -> "AccountAudit":
        """Return what writes down the actions of an account."""
        return AccountAudit(self, account)

    def record(self, account: Account, action: AuditAction, target: str) -> None:
        """Write down an action; without keys there is nobody to tell apart.

        Args:
            target: id of the transcription or of the key.
        """
        now = datetime.now(UTC)
        if not self._days or account is LOCAL_ACCOUNT:
            return
        if action in _REPEATED and self._is_repeated((account.owner, action, target), now):
            return
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            log.warning("audit_entry_dropped")
        self._waiting.append(NewAuditEntry(now, account.name, action, target))

    async def flush(self) -> None:
        """Store the entries so far.

        Raises: SQLAlchemyError: the database is unavailable; the entries wait.
        """
        entries = list(self._waiting)
        if not entries:
            return
        self._waiting.clear()
        try:
            await self._store.add(entries)
        except BaseException:
            self._waiting.extendleft(reversed(entries))
            raise

    async def page(
        self, limit: int, cursor: str | None, *, action: AuditAction | None, target: str | None
    ) -> AuditPage:
        """Return a page of the entries of all processes, the newest first.

        Args:
            cursor: of the page, digits; None: of the first one.
            action, target: only entries with these; None: with any.
        """
        await self.flush()
        before = None if cursor is None else int(cursor)
        found = await self._store.page(limit=limit + 1, before=before, action=action, target=target)
        items = found[:limit]
        return AuditPage(items=items, next_cursor=str(items[-1].id) if len(found) > limit else None)

    async def expire(self) -> None:
        """Delete the entries that have been kept long enough."""
        await self._store.expire(datetime.now(UTC) - timedelta(days=self._days))

    def _is_repeated(self, key: tuple[str, AuditAction, str], now: datetime) -> bool:
        latest = self._latest.get(key)
        if latest is not None and now - latest < timedelta(seconds=REPEAT_S):
            return True
        self._latest.pop(key, None)
        self._latest[key] = now
        if len(self._latest) > _MAX_REMEMBERED:
            self._latest.popitem(last=False)
        return False


@dataclass(frozen=True)
class AccountAudit:
    """Writes down what one account does."""

    trail: AuditTrail
    account: Account

    def record(self, action: AuditAction, target: str) -> None:
        """Write down an action on a transcription or a key; see `AuditTrail.record`."""
        self.trail.record(self.account, action, target)
