"""Store who did what."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from backend.storage.database.account_tables import AuditEntryRow
from backend.storage.database.engine import Database, transaction
from contracts.audit import AuditAction, AuditEntry


@dataclass(frozen=True)
class NewAuditEntry:
    """What an account did; see `contracts.audit.AuditEntry`."""

    at: datetime
    actor: str
    action: AuditAction
    target: str


class AuditStore:
    """The entries of all accounts; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def add(self, entries: Sequence[NewAuditEntry]) -> None:
        """Insert entries, at least one."""
        with self._database.writing() as session:
            session.execute(insert(AuditEntryRow), [asdict(entry) for entry in entries])

    @transaction
    def page(
        self,
        *,
        limit: int,
        before: int | None = None,
        action: AuditAction | None = None,
        target: str | None = None,
    ) -> list[AuditEntry]:
        """Return entries, the newest first.

        Args:
            before: only entries with a smaller id; None: all.
            action: only entries of this action; None: of all.
            target: only entries of this transcription or key; None: of all.
        """
        row = AuditEntryRow
        query = select(row).order_by(row.id.desc()).limit(limit)
        if before is not None:
            query = query.where(row.id < before)
        if action is not None:
            query = query.where(row.action == action)
        if target is not None:
            query = query.where(row.target == target)
        with self._database.reading() as session:
            return [
                AuditEntry(
                    id=entry.id,
                    at=entry.at,
                    actor=entry.actor,
                    action=entry.action,
                    target=entry.target,
                )
                for entry in session.scalars(query)
            ]

    @transaction
    def expire(self, before: datetime) -> None:
        """Delete the entries that were made before a time."""
        with self._database.writing() as session:
            session.execute(delete(AuditEntryRow).where(AuditEntryRow.at < before))
