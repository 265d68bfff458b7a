"""Define the tables of keys and their usage; other tables refer to them by their owners only."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.storage.database.tables import Base, Number, enum_of
from contracts.accounts import Role
from contracts.audit import AuditAction


class ApiKeyRow(Base):
    """A key that was made here; those of the environment have no row.

    Attributes:
        selector: the part of the key that finds its row; it opens nothing.
        salt: random bytes of this key.
        digest: HMAC-SHA-256 of the key under the salt; the key is stored nowhere.
        owner: whose jobs it opens.
        audio_hours_per_day, max_kept_bytes: its own quota; null: that of the settings.
        revoked_at: null while the key is valid; the row stays, so that keys stay required.
    """

    __tablename__ = "api_keys"

    id: Mapped[Number]
    selector: Mapped[str] = mapped_column(unique=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(enum_of(Role))
    owner: Mapped[str] = mapped_column(index=True)
    audio_hours_per_day: Mapped[float | None]
    max_kept_bytes: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        Index(
            None,
            "name",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )


class DailyUsageRow(Base):
    """How much audio an owner has sent on the last day in UTC on which any was sent."""

    __tablename__ = "daily_usage"

    owner: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    audio_s: Mapped[float]


class AuditEntryRow(Base):
    """What an account did; the entry outlives the account and what it was done to.

    Attributes:
        actor: name of the account, as it was then.
        target: id of a transcription or of a key.
    """

    __tablename__ = "audit_entries"

    id: Mapped[Number]
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[AuditAction] = mapped_column(enum_of(AuditAction))
    target: Mapped[str] = mapped_column(index=True)

    __table_args__ = ({"sqlite_autoincrement": True},)
