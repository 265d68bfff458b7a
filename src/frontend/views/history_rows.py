"""Rows of the history, with every value formatted for the visitor."""

from datetime import datetime

from contracts.jobs import Job, JobStatus, NoteHit, SearchHit, Stage
from frontend.components.options_form import language_name
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
        "summary": _summary(t, job),
        "tags": job.tags,
        "folder": job.folder or "",
        "hits": [*map(_hit, job.hits), *(_note_hit(t, hit) for hit in job.note_hits)],
        "more_hits": _more_hits(t, job),
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


def _summary(t: Translator, job: Job) -> dict[str, object] | None:
    """Return the first line and the facts of a transcript; None without a text."""
    if job.summary is None or not job.summary.first_line:
        return None
    summary = job.summary
    facts = [language_name(t, job.language)] if job.language else []
    facts.append(t("result.words", count=summary.n_words))
    if summary.n_speakers > 1:
        facts.append(t("history.speakers", count=summary.n_speakers))
    if summary.n_unsure:
        facts.append(t("unsure.count", count=summary.n_unsure))
    return {"first_line": summary.first_line, "facts": facts}


def _hit(hit: SearchHit) -> dict[str, object]:
    return {
        "key": f"segment {hit.segment_index}",
        "seconds": round(hit.start, 3),
        "time": clock(hit.start),
        "parts": _parts(hit.snippet, hit.marks),
    }


def _note_hit(t: Translator, hit: NoteHit) -> dict[str, object]:
    return {
        "key": f"note {hit.note}",
        "seconds": round(hit.time, 3),
        "time": clock(hit.time),
        "parts": [(t("history.in_note"), False), *_parts(hit.snippet, hit.marks)],
    }


def _more_hits(t: Translator, job: Job) -> str:
    hidden = job.n_hits - len(job.hits)
    return t("history.more_hits", count=hidden) if hidden > 0 else ""


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
