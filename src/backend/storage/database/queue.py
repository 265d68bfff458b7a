"""Which jobs wait for which, and how much work that is."""

from collections.abc import Collection
from enum import StrEnum
from typing import Self

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from backend.storage.database.tables import UNFINISHED, FileRow, TranscriptionRow
from contracts.audio import MAX_CHUNK_S
from contracts.jobs import FileInfo, JobStatus

MAX_SHORT_S = 600
"""Seconds of the longest recording in the short lane."""

_FEWEST_BYTES_PER_S = 1000
"""Of speech in any codec of today: what has no length in its header, as what a browser records,
lasts no longer than its bytes do at this rate."""


class Lane(StrEnum):
    """A queue of its own for each kind of recording; none waits for those of another lane.

    A dictation is one chunk for the model, and many go at once.
    """

    DICTATION = "dictation"
    SHORT = "short"
    LONG = "long"

    @classmethod
    def of(cls, duration_s: float) -> Self:
        """Return the lane of a recording of a length."""
        if duration_s <= MAX_CHUNK_S:
            return cls.DICTATION
        return cls.SHORT if duration_s <= MAX_SHORT_S else cls.LONG

    @classmethod
    def of_file(cls, file: FileInfo) -> Self:
        """Return the lane of a recording that is not decoded yet."""
        duration_s = file.duration_s
        return cls.of(file.size_bytes / _FEWEST_BYTES_PER_S if duration_s is None else duration_s)


def queue_positions(session: Session, numbers: Collection[int]) -> dict[int, int]:
    """Return the places of those of some jobs that wait; 1 is the next of its lane to begin."""
    place = func.row_number().over(
        partition_by=_lane(),
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

    Returns: in the recording's own lane, and in the others.
    """
    left = case(
        (
            FileRow.duration_s > TranscriptionRow.processed_s,
            FileRow.duration_s - TranscriptionRow.processed_s,
        ),
        else_=0.0,
    )
    is_own = _lane() == Lane.of(duration_s).value
    query = (
        select(
            func.coalesce(func.sum(case((is_own, left), else_=0.0)), 0.0),
            func.coalesce(func.sum(case((is_own, 0.0), else_=left)), 0.0),
        )
        .select_from(TranscriptionRow)
        .join(FileRow, TranscriptionRow.file_id == FileRow.id)
        .where(TranscriptionRow.status.in_(UNFINISHED), _works_itself())
    )
    own_s, others_s = session.execute(query).one()
    return own_s, others_s


def _lane() -> ColumnElement[str]:
    """Return what `Lane.of_file` says, in the database."""
    by_bytes = FileRow.size_bytes / float(_FEWEST_BYTES_PER_S)
    duration_s = func.coalesce(FileRow.duration_s, by_bytes)
    return case(
        (duration_s <= MAX_CHUNK_S, Lane.DICTATION.value),
        (duration_s <= MAX_SHORT_S, Lane.SHORT.value),
        else_=Lane.LONG.value,
    )


def _works_itself() -> ColumnElement[bool]:
    return TranscriptionRow.joined_to.is_(None)
