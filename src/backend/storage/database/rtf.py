"""Measure the real-time factor of recent jobs."""

from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.storage.database.row_mappers import joins_file
from backend.storage.database.tables import FileRow, TranscriptionRow
from contracts.jobs import JobStatus

_RECENT_JOBS = 20
"""Jobs that the median is taken over: enough to be steady, few enough to follow changes."""


def median_rtf(session: Session, model_name: str) -> float | None:
    """Return processing seconds per second of audio, the median over a model's recent jobs.

    Leave out copied results, jobs that were resumed, and jobs during which the clock was set
    back.

    Returns: None while there are no such jobs.
    """
    query = (
        select(TranscriptionRow.started_at, TranscriptionRow.finished_at, FileRow.duration_s)
        .join(FileRow, joins_file())
        .where(
            TranscriptionRow.status == JobStatus.COMPLETED,
            TranscriptionRow.model_name == model_name,
            TranscriptionRow.cached.is_(False),
            TranscriptionRow.resumed_at.is_(None),
            FileRow.duration_s > 0,
            TranscriptionRow.finished_at > TranscriptionRow.started_at,
        )
        .order_by(TranscriptionRow.number.desc())
        .limit(_RECENT_JOBS)
    )
    rtfs = [
        (finished - started).total_seconds() / audio_s
        for started, finished, audio_s in session.execute(query)
        if started and finished and audio_s
    ]
    return median(rtfs) if rtfs else None
