"""How fast this machine has been of late."""

from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.storage.database.reading import of_file
from backend.storage.database.tables import FileRow, TranscriptionRow
from contracts.jobs import JobStatus

_RECENT_JOBS = 20
"""Jobs of which the speed is the median: enough for that, and soon forgotten."""


def median_speed(session: Session, model_name: str) -> float | None:
    """Return processing seconds per second of audio; None while no job tells.

    Cached jobs tell nothing, nor do those that were done in parts, or during which the clock
    was set back.
    """
    query = (
        select(TranscriptionRow.started_at, TranscriptionRow.finished_at, FileRow.duration_s)
        .join(FileRow, of_file())
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
    speeds = [
        (finished - started).total_seconds() / audio_s
        for started, finished, audio_s in session.execute(query)
        if started and finished and audio_s
    ]
    return median(speeds) if speeds else None
