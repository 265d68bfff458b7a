"""Which jobs wait for which, and how much work that is.

Short recordings and long ones wait in lanes of their own; none waits for the other lane.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, case, false, func, select
from sqlalchemy.orm import Session

from backend.storage.database.tables import UNFINISHED, FileRow, TranscriptionRow
from contracts.jobs import JobStatus

MAX_SHORT_S = 600
"""Seconds of a recording that does not wait for longer ones."""


def queue_positions(session: Session, numbers: Collection[int]) -> dict[int, int]:
    """Return the places of those of some jobs that wait; 1 is the next of its lane to begin."""
    place = func.row_number().over(
        partition_by=_is_short(),
        order_by=(
            func.coalesce(TranscriptionRow.resumed_at, TranscriptionRow.created_at),
            TranscriptionRow.number,
        ),
    )
    waiting = (
        select(TranscriptionRow.number, place.label("place"))
        .join(FileRow, TranscriptionRow.file_id == FileRow.id)
        .where(TranscriptionRow.status == JobStatus.QUEUED, _works_itself())
        .subquery()
    )
    query = select(waiting.c.number, waiting.c.place).where(waiting.c.number.in_(numbers))
    return dict(session.execute(query).all())


def audio_left(session: Session, duration_s: float) -> tuple[float, float]:
    """Return the seconds of audio that are still to be transcribed.

    Args:
        duration_s: of a recording that is to be queued.

    Returns: in the recording's own lane, and in the other one.
    """
    left = case(
        (
            FileRow.duration_s > TranscriptionRow.processed_s,
            FileRow.duration_s - TranscriptionRow.processed_s,
        ),
        else_=0.0,
    )
    query = (
        select(
            func.coalesce(func.sum(case((_is_short(), left), else_=0.0)), 0.0),
            func.coalesce(func.sum(case((_is_short(), 0.0), else_=left)), 0.0),
        )
        .select_from(TranscriptionRow)
        .join(FileRow, TranscriptionRow.file_id == FileRow.id)
        .where(TranscriptionRow.status.in_(UNFINISHED), _works_itself())
    )
    short_s, long_s = session.execute(query).one()
    return (short_s, long_s) if duration_s <= MAX_SHORT_S else (long_s, short_s)


def _is_short() -> ColumnElement[bool]:
    return func.coalesce(FileRow.duration_s <= MAX_SHORT_S, false())


def _works_itself() -> ColumnElement[bool]:
    return TranscriptionRow.joined_to.is_(None)
