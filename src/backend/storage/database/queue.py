"""Name the queues, and measure the work that waits in them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from backend.storage.database.engine import Database, transaction
from backend.storage.database.tables import UNFINISHED, FileRow, TranscriptionRow
from contracts.audio import MAX_CHUNK_S
from contracts.jobs import FileInfo, JobStatus

MAX_SHORT_S = 600
"""Seconds of the longest recording in the short queue."""

_MIN_BYTES_PER_S = 1000
"""Lowest bit rate of speech in any common codec. It bounds the length of a file whose header
has none, such as a browser's recording."""


class QueueName(StrEnum):
    """The queues, by the length of the recording; jobs wait only for others of their queue.

    A dictation is one chunk for the model, and many are transcribed at once.
    """

    DICTATION = "dictation"
    SHORT = "short"
    LONG = "long"


def queue_for_duration(duration_s: float) -> QueueName:
    """Return the queue for a recording of this length."""
    if duration_s <= MAX_CHUNK_S:
        return QueueName.DICTATION
    return QueueName.SHORT if duration_s <= MAX_SHORT_S else QueueName.LONG


def queue_for_file(file: FileInfo) -> QueueName:
    """Return the queue for a file; an unknown length is estimated from the size."""
    if file.duration_s is None:
        return queue_for_duration(file.size_bytes / _MIN_BYTES_PER_S)
    return queue_for_duration(file.duration_s)


@dataclass(frozen=True)
class QueueLoad:
    """What is in a queue, without the jobs that wait for another job's result.

    Attributes:
        oldest_queued_s: seconds that the next job has waited for; 0: none waits.
    """

    queue: QueueName
    n_queued: int
    n_running: int
    oldest_queued_s: float


class QueueStore:
    """Reads what waits over all owners; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def n_waiting(self, owner: str) -> int:
        """Return the number of an owner's queued jobs."""
        query = select(func.count()).where(
            TranscriptionRow.status == JobStatus.QUEUED, TranscriptionRow.owner == owner
        )
        with self._database.reading() as session:
            return session.scalar(query) or 0

    @transaction
    def loads(self) -> list[QueueLoad]:
        """Return what is in each queue."""
        is_queued = TranscriptionRow.status == JobStatus.QUEUED
        queued_at = func.coalesce(TranscriptionRow.resumed_at, TranscriptionRow.created_at)
        query = (
            select(
                _queue_column().label("queue"),
                func.count().filter(is_queued),
                func.count().filter(~is_queued),
                func.min(queued_at).filter(is_queued),
            )
            .join(FileRow, TranscriptionRow.file_id == FileRow.id)
            .where(TranscriptionRow.status.in_(UNFINISHED), _is_primary())
            .group_by("queue")  # PostgreSQL takes the same expression with parameters for another
        )
        with self._database.reading() as session:
            rows = {row[0]: row[1:] for row in session.execute(query)}
        now = datetime.now(UTC)
        loads: list[QueueLoad] = []
        for queue in QueueName:
            n_queued, n_running, oldest = rows.get(queue, (0, 0, None))
            waited_s = (now - oldest).total_seconds() if oldest else 0.0
            loads.append(QueueLoad(queue, n_queued, n_running, max(waited_s, 0.0)))
        return loads

    @transaction
    def unfinished(self) -> list[str]:
        """Return the ids of all queued and running jobs, the oldest first."""
        query = select(TranscriptionRow.id).where(TranscriptionRow.status.in_(UNFINISHED))
        with self._database.reading() as session:
            return list(session.scalars(query.order_by(TranscriptionRow.number)))

    @transaction
    def remaining_audio_s(self, duration_s: float) -> tuple[float, float]:
        """Return the seconds of audio that are still to be transcribed.

        Args:
            duration_s: length of a recording that is to be queued.

        Returns: in that recording's own queue, and in all others.
        """
        remaining = case(
            (
                FileRow.duration_s > TranscriptionRow.processed_s,
                FileRow.duration_s - TranscriptionRow.processed_s,
            ),
            else_=0.0,
        )
        is_same_queue = _queue_column() == queue_for_duration(duration_s).value
        query = (
            select(
                func.coalesce(func.sum(case((is_same_queue, remaining), else_=0.0)), 0.0),
                func.coalesce(func.sum(case((is_same_queue, 0.0), else_=remaining)), 0.0),
            )
            .select_from(TranscriptionRow)
            .join(FileRow, TranscriptionRow.file_id == FileRow.id)
            .where(TranscriptionRow.status.in_(UNFINISHED), _is_primary())
        )
        with self._database.reading() as session:
            own_s, others_s = session.execute(query).one()
            return own_s, others_s


def queue_positions(session: Session, numbers: Collection[int]) -> dict[int, int]:
    """Return the queue positions of those jobs that wait; 1 is the next to start."""
    position = func.row_number().over(
        partition_by=_queue_column(),
        order_by=(
            func.coalesce(TranscriptionRow.resumed_at, TranscriptionRow.created_at),
            TranscriptionRow.number,
        ),
    )
    waiting = (
        select(TranscriptionRow.number, position.label("position"))
        .join(FileRow, TranscriptionRow.file_id == FileRow.id)
        .where(TranscriptionRow.status == JobStatus.QUEUED, _is_primary())
        .subquery()
    )
    query = select(waiting.c.number, waiting.c.position).where(waiting.c.number.in_(numbers))
    return dict(session.execute(query).all())


def _queue_column() -> ColumnElement[str]:
    """Compute `queue_for_file` in the database."""
    by_bytes = FileRow.size_bytes / float(_MIN_BYTES_PER_S)
    duration_s = func.coalesce(FileRow.duration_s, by_bytes)
    return case(
        (duration_s <= MAX_CHUNK_S, QueueName.DICTATION.value),
        (duration_s <= MAX_SHORT_S, QueueName.SHORT.value),
        else_=QueueName.LONG.value,
    )


def _is_primary() -> ColumnElement[bool]:
    return TranscriptionRow.primary_number.is_(None)
