"""Count the recordings of an owner and the jobs in the queue."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from backend.storage.database.engine import Database, transaction
from backend.storage.database.rtf import recent_rtf
from backend.storage.database.tables import (
    UNFINISHED,
    DayTotalsRow,
    FileRow,
    SpeakerTotalsRow,
    TranscriptionRow,
)
from contracts.jobs import JobStatus
from contracts.statistics import DAYS_SHOWN, SPEAKERS_SHOWN, DayStatistics, SpeakerStatistics


@dataclass(frozen=True)
class Counted:
    """The values of `contracts.statistics.Statistics` that come from the database."""

    n_recordings: int
    audio_s: float
    n_words: int
    rtf: float | None
    by_day: list[DayStatistics]
    speakers: list[SpeakerStatistics]
    n_queued: int
    n_running: int


class StatisticsStore:
    """Sums over jobs; each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def count(self, owner: str, today: date, *, queue_of_all: bool = True) -> Counted:
        """Return an owner's statistics up to a day in UTC.

        Args:
            queue_of_all: count the unfinished jobs of all owners, not only of this one.
        """
        with self._database.reading() as session:
            n_recordings, audio_s, n_words = session.execute(_sums(owner)).one()
            waiting = _by_status(session, None if queue_of_all else owner)
            return Counted(
                n_recordings=n_recordings or 0,
                audio_s=audio_s or 0.0,
                n_words=int(n_words or 0),  # PostgreSQL sums to a decimal
                rtf=_rtf(session),
                by_day=_by_day(session, owner, today),
                speakers=_speakers(session, owner),
                n_queued=waiting.get(JobStatus.QUEUED, 0),
                n_running=waiting.get(JobStatus.RUNNING, 0),
            )

    @transaction
    def recordings_bytes(self, owner: str | None) -> int:
        """Return the size of an owner's stored recordings, each as often as it was sent.

        Args:
            owner: None for any.
        """
        query = select(func.sum(FileRow.size_bytes)).where(FileRow.blob.is_not(None))
        if owner is not None:
            query = query.where(FileRow.owner == owner)
        with self._database.reading() as session:
            return int(session.scalar(query) or 0)

    @transaction
    def size_bytes(self) -> int:
        """Return the size of the database on disk."""
        query = (
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            if self._database.is_sqlite
            else "SELECT pg_database_size(current_database())"
        )
        with self._database.reading() as session:
            return session.scalar(text(query)) or 0


def _sums(owner: str) -> Select[int, float, int]:
    total = DayTotalsRow
    return select(
        func.sum(total.n_recordings), func.sum(total.audio_s), func.sum(total.n_words)
    ).where(total.owner == owner)


def _rtf(session: Session) -> float | None:
    """Return the RTF of the model that was used most recently."""
    query = (
        select(TranscriptionRow.model_name)
        .where(
            TranscriptionRow.status == JobStatus.COMPLETED,
            TranscriptionRow.cached.is_(False),
            TranscriptionRow.model_name.is_not(None),
        )
        .order_by(TranscriptionRow.number.desc())
        .limit(1)
    )
    model_name = session.scalar(query)
    return recent_rtf(session, model_name) if model_name else None


def _by_day(session: Session, owner: str, today: date) -> list[DayStatistics]:
    days = [today - timedelta(n) for n in reversed(range(DAYS_SHOWN))]
    found = {day: DayStatistics(day=day, audio_s=0.0, n_recordings=0) for day in days}
    query = select(DayTotalsRow).where(
        DayTotalsRow.owner == owner, DayTotalsRow.day.between(days[0], today)
    )
    for row in session.scalars(query):
        found[row.day].audio_s, found[row.day].n_recordings = row.audio_s, row.n_recordings
    return list(found.values())


def _speakers(session: Session, owner: str) -> list[SpeakerStatistics]:
    row = SpeakerTotalsRow
    total_ms = session.scalar(select(func.sum(row.speech_ms)).where(row.owner == owner))
    is_unnamed = row.name == ""
    longest = (
        select(row)
        .where(row.owner == owner, ~is_unnamed)
        .order_by(row.speech_ms.desc(), row.name)
        .limit(SPEAKERS_SHOWN)
    )
    unnamed = select(row).where(row.owner == owner, is_unnamed)
    return [
        SpeakerStatistics(
            name=found.name or None,
            speech_s=found.speech_ms / 1000,
            share=round(found.speech_ms / int(total_ms or 1), 4),
        )
        for found in [*session.scalars(longest), *session.scalars(unnamed)]
    ]


def _by_status(session: Session, owner: str | None) -> dict[JobStatus, int]:
    query = (
        select(TranscriptionRow.status, func.count())
        .where(TranscriptionRow.status.in_(UNFINISHED))
        .group_by(TranscriptionRow.status)
    )
    if owner is not None:
        query = query.where(TranscriptionRow.owner == owner)
    return dict(session.execute(query).all())
