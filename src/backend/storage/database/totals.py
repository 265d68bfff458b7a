"""Keep the sums of each owner's days and speakers: nothing has to be counted to show them."""

from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BigInteger, case, cast, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.storage.database.row_mappers import joins_segment, named_speakers, shown_as
from backend.storage.database.tables import (
    DayTotalsRow,
    SegmentRow,
    SpeakerEditRow,
    SpeakerTotalsRow,
    TranscriptionRow,
)
from contracts.jobs import JobStatus


def add_completed(session: Session, row: TranscriptionRow) -> None:
    """Count a job that is completed in this transaction; call it once."""
    row.n_words = _n_words(session, row.number)
    _add(session, row, 1)
    _add_speech(session, row.owner, _speech_ms(session, row.number))


def subtract_deleted(session: Session, row: TranscriptionRow) -> None:
    """Uncount a job that is deleted in this transaction, if it was counted."""
    if row.status is JobStatus.COMPLETED:
        _add(session, row, -1)
        spoken = _speech_ms(session, row.number)
        _add_speech(session, row.owner, {name: -ms for name, ms in spoken.items()})


@contextmanager
def speech_recounted(
    session: Session, row: TranscriptionRow, index: int | None = None
) -> Generator[None]:
    """Update the sums after the block has changed who speaks in a job's segments.

    Args:
        index: of the only segment that changes; None: any may.
    """
    if row.status is not JobStatus.COMPLETED:
        yield
        return
    before = _speech_ms(session, row.number, index)
    yield
    session.flush()
    changes = _speech_ms(session, row.number, index)
    changes.subtract(before)
    _add_speech(session, row.owner, changes)


def _n_words(session: Session, number: int) -> int:
    """Count the words of the model's texts, in which single spaces separate words."""
    plain = func.trim(SegmentRow.text)
    n_spaces = func.length(plain) - func.length(func.replace(plain, " ", ""))
    query = select(func.sum(case((plain != "", n_spaces + 1), else_=0)))
    return session.scalar(query.where(SegmentRow.transcription_number == number)) or 0


def _speech_ms(session: Session, number: int, index: int | None = None) -> Counter[str]:
    """Return how long each name speaks; that of all who have none is empty.

    Whole milliseconds of each segment are summed: what is added can be subtracted exactly.
    """
    speaker = func.coalesce(SpeakerEditRow.speaker, SegmentRow.speaker)
    length_ms = cast(func.round((SegmentRow.end - SegmentRow.start) * 1000), BigInteger)
    query = (
        select(speaker, func.sum(length_ms))
        .outerjoin(SpeakerEditRow, joins_segment(SpeakerEditRow))
        .where(SegmentRow.transcription_number == number, speaker.is_not(None))
        .group_by(speaker)
    )
    if index is not None:
        query = query.where(SegmentRow.index == index)
    named = named_speakers(session, number)
    shown = shown_as(named)
    spoken = Counter[str]()
    for one, ms in session.execute(query):
        row = named.get(shown.get(one, one))
        spoken[(row and row.name) or ""] += int(ms)  # PostgreSQL sums to a decimal
    return spoken


def _add(session: Session, row: TranscriptionRow, sign: int) -> None:
    added = {
        "n_recordings": sign,
        "audio_s": sign * row.total_s,
        "n_words": sign * (row.n_words or 0),
    }
    _increase(session, DayTotalsRow, {"owner": row.owner, "day": row.created_at.date()}, added)


def _add_speech(session: Session, owner: str, changes: Mapping[str, int]) -> None:
    """Add to the sums of an owner's speakers; keep none of a name that nobody has any more."""
    # transactions that lock rows in one order wait for each other, but not both
    for name, ms in sorted(changes.items()):
        if ms:
            key = {"owner": owner, "name": name}
            _increase(session, SpeakerTotalsRow, key, {"speech_ms": ms})
            unused = delete(SpeakerTotalsRow).filter_by(**key)
            session.execute(unused.where(SpeakerTotalsRow.speech_ms == 0))


def _increase(
    session: Session,
    table: type[DayTotalsRow | SpeakerTotalsRow],
    key: Mapping[str, Any],
    added: Mapping[str, float],
) -> None:
    """Add to a row's numbers, or insert it."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(table)
    session.execute(
        insert.values(**key, **added).on_conflict_do_update(
            index_elements=list(key),
            set_={name: getattr(table, name) + change for name, change in added.items()},
        )
    )
