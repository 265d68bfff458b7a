"""Keep how much each owner sends and stores, within the quota of its key."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.errors import AudioQuotaError, StorageQuotaError
from backend.storage.database.account_tables import ApiKeyRow, DailyUsageRow
from backend.storage.database.engine import Database, transaction
from backend.storage.database.tables import FileRow, TranscriptionRow
from contracts.accounts import Usage
from contracts.jobs import Job

_HOUR_S = 3600


@dataclass(frozen=True)
class Quota:
    """Limits of one owner; 0: none. Days are in UTC."""

    audio_hours_per_day: float
    max_kept_bytes: int


UNLIMITED = Quota(0, 0)


class UsageStore:
    """The usage of all owners; every method is one transaction.

    Args:
        default_quota: of owners whose key has none of its own.
    """

    def __init__(self, database: Database, default_quota: Quota = UNLIMITED) -> None:
        self._database = database
        self._default_quota = default_quota

    @transaction
    def of(self, owner: str, now: datetime) -> tuple[Quota, Usage]:
        """Return the quota of an owner and how much of it is used."""
        with self._database.reading() as session:
            return _quota(session, owner, self._default_quota), usage_of(session, owner, now)

    @transaction
    def ensure_allows(self, owner: str, n_bytes: int, now: datetime) -> None:
        """Check that an owner may send another recording, of unknown length.

        Raises: AudioQuotaError, StorageQuotaError: the quota is used up.
        """
        with self._database.reading() as session:
            quota = _quota(session, owner, self._default_quota)
            if quota.audio_hours_per_day:
                used_s = _audio_s(session, owner, now)
                # nothing is left, rather than: more would be too much
                _ensure_audio(quota, used_s + (used_s >= quota.audio_hours_per_day * _HOUR_S), now)
            _ensure_bytes(session, owner, quota, n_bytes)


def charge(session: Session, owner: str, job: Job, default: Quota) -> None:
    """Count a job that is added in this transaction, if its owner's quota allows it.

    Charges of one owner wait for each other, so that several at once do not exceed the quota.

    Raises: AudioQuotaError, StorageQuotaError: the quota does not allow it.
    """
    quota = _quota(session, owner, default)
    used_s = _add_audio(session, owner, job.file.duration_s or 0.0, job.created_at)
    _ensure_audio(quota, used_s, job.created_at)
    _ensure_bytes(session, owner, quota, job.file.size_bytes)


def correct_charge(session: Session, row: TranscriptionRow, more_s: float) -> None:
    """Add what a recording is longer than its header says, unless the day has passed."""
    if more_s:
        usage = DailyUsageRow
        today = (usage.owner == row.owner) & (usage.day == row.created_at.date())
        session.execute(update(usage).where(today).values(audio_s=usage.audio_s + more_s))


def usage_of(session: Session, owner: str, now: datetime) -> Usage:
    """Return how much an owner has sent today and stores."""
    return Usage(
        audio_s_today=_audio_s(session, owner, now),
        kept_bytes=_kept_bytes(session, owner),
        resets_at=_next_midnight(now),
    )


def _quota(session: Session, owner: str, default: Quota) -> Quota:
    """Return the quota of an owner's latest valid key, filled up from the default."""
    query = (
        select(ApiKeyRow)
        .where(ApiKeyRow.owner == owner, ApiKeyRow.revoked_at.is_(None))
        .order_by(ApiKeyRow.id.desc())
        .limit(1)
    )
    key = session.scalar(query)
    if key is None:
        return default
    hours, n_bytes = key.audio_hours_per_day, key.max_kept_bytes
    return Quota(
        default.audio_hours_per_day if hours is None else hours,
        default.max_kept_bytes if n_bytes is None else n_bytes,
    )


def _audio_s(session: Session, owner: str, now: datetime) -> float:
    today = (DailyUsageRow.owner == owner) & (DailyUsageRow.day == now.date())
    return session.scalar(select(DailyUsageRow.audio_s).where(today)) or 0.0


def _add_audio(session: Session, owner: str, audio_s: float, now: datetime) -> float:
    """Add to what an owner has sent today, lock the row, and return the sum."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(DailyUsageRow)
    row, today = DailyUsageRow, now.date()
    so_far = case((row.day == today, row.audio_s), else_=0.0)
    added = insert.values(owner=owner, day=today, audio_s=audio_s).on_conflict_do_update(
        index_elements=["owner"], set_={"day": today, "audio_s": so_far + audio_s}
    )
    return session.execute(added.returning(row.audio_s)).scalar_one()


def _kept_bytes(session: Session, owner: str) -> int:
    query = select(func.sum(FileRow.size_bytes))
    kept = query.where(FileRow.owner == owner, FileRow.blob.is_not(None))
    return int(session.scalar(kept) or 0)


def _ensure_audio(quota: Quota, audio_s: float, now: datetime) -> None:
    hours = quota.audio_hours_per_day
    if not hours or audio_s <= hours * _HOUR_S:
        return
    reset = _next_midnight(now)
    raise AudioQuotaError(
        f"Up to {hours:g} hours of audio may be sent on a day in UTC. The next day begins at "
        f"{reset:%Y-%m-%dT%H:%M:%SZ}.",
        retry_after_s=ceil((reset - now).total_seconds()),
    )


def _ensure_bytes(session: Session, owner: str, quota: Quota, n_bytes: int) -> None:
    if not quota.max_kept_bytes:
        return
    kept = _kept_bytes(session, owner)
    if kept + n_bytes > quota.max_kept_bytes:
        raise StorageQuotaError(
            f"Up to {quota.max_kept_bytes} bytes of recordings are kept, and there are {kept}. "
            "Delete recordings to make space; it does not grow by waiting."
        )


def _next_midnight(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)
