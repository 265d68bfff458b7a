"""Rows of the history, with every value formatted for the visitor."""

from datetime import datetime

from contracts.jobs import Job, JobStatus, Stage
from frontend.i18n import Translator
from frontend.i18n.translator import clock


def row_of(t: Translator, job: Job, now: datetime) -> dict[str, object]:
    """Return the row of a job.

    Args:
        t: the texts and formats.
        job: the job to show.
        now: the current time in the visitor's time zone.
    """
    name = job.title or job.file.name
    duration = job.file.duration_s
    return {
        "id": job.id,
        "name": name,
        "file_name": job.file.name,
        "moment": job.created_at.isoformat(),
        "date": t.moment(job.created_at.astimezone(now.tzinfo), now),
        "duration": t.duration(duration) if duration else "",
        "status": job.status,
        "state": _state(t, job),
        "share": _share(job),
        "tags": job.tags,
        "hit": _hit(job),
        "can_cancel": not job.status.is_final,
        "can_resume": job.status in (JobStatus.CANCELLED, JobStatus.FAILED),
    }


def _state(t: Translator, job: Job) -> str:
    if job.status is JobStatus.QUEUED and job.queue_position:
        return t("history.queue_position", position=t.number(job.queue_position))
    if job.status is not JobStatus.RUNNING or job.progress.stage is None:
        return t(f"status.{job.status}")
    parts = [t(f"stage.{job.progress.stage}")]
    if job.progress.stage is Stage.TRANSCRIBING:
        parts.append(t.percent(_share(job) or 0.0))
        if job.progress.eta_s is not None:
            parts.append(t.time_left(job.progress.eta_s))
    return " · ".join(parts)


def _share(job: Job) -> float | None:
    """Return the completed share of a running job; None if it is not running."""
    if job.status is not JobStatus.RUNNING:
        return None
    progress = job.progress
    return min(1.0, progress.processed_s / progress.total_s) if progress.total_s > 0 else 0.0


def _hit(job: Job) -> dict[str, object] | None:
    if job.hit is None or job.snippet is None:
        return None
    return {
        "seconds": round(job.hit.start, 3),
        "time": clock(job.hit.start),
        "parts": _parts(job.snippet, job.hit.marks),
    }


def _parts(snippet: str, marks: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """Split a snippet into (text, is highlighted).

    It is split here because the marks count characters as Python does; JavaScript counts UTF-16
    units.
    """
    parts: list[tuple[str, bool]] = []
    done = 0
    for start, end in marks:
        parts += [(snippet[done:start], False), (snippet[start:end], True)]
        done = end
    parts.append((snippet[done:], False))
    return [(text, highlighted) for text, highlighted in parts if text]
