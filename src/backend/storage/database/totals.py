"""Keep the sums of each owner's days, so that nothing has to be counted to show them."""

from sqlalchemy import case, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.storage.database.tables import DayTotalsRow, SegmentRow, TranscriptionRow
from contracts.jobs import JobStatus


def add_completed(session: Session, row: TranscriptionRow) -> None:
    """Count a job that is completed in this transaction; call it once."""
    row.n_words = _n_words(session, row.number)
    _add(session, row, 1)


def subtract_deleted(session: Session, row: TranscriptionRow) -> None:
    """Uncount a job that is deleted in this transaction, if it was counted."""
    if row.status is JobStatus.COMPLETED:
        _add(session, row, -1)


def _n_words(session: Session, number: int) -> int:
    """Count the words of the model's texts, in which single spaces separate words."""
    plain = func.trim(SegmentRow.text)
    n_spaces = func.length(plain) - func.length(func.replace(plain, " ", ""))
    query = select(func.sum(case((plain != "", n_spaces + 1), else_=0)))
    return session.scalar(query.where(SegmentRow.transcription_number == number)) or 0


def _add(session: Session, row: TranscriptionRow, sign: int) -> None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(DayTotalsRow)
    added = {
        "n_recordings": sign,
        "audio_s": sign * row.total_s,
        "n_words": sign * (row.n_words or 0),
    }
    session.execute(
        insert.values(owner=row.owner, day=row.created_at.date(), **added).on_conflict_do_update(
            index_elements=["owner", "day"],
            set_={name: getattr(DayTotalsRow, name) + change for name, change in added.items()},
        )
    )
