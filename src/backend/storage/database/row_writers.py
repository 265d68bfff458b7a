"""Write contracts to rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from backend.storage.database.row_mappers import is_of_other_model, joins_segment
from backend.storage.database.search.lemmas import lemmas_of
from backend.storage.database.tables import (
    EditRow,
    FileRow,
    ReportItemRow,
    SegmentRow,
    SpeakerEditRow,
    TagRow,
    TranscriptionRow,
    WordRow,
)
from contracts.jobs import Job, JobDescription, JobStatus, JobWarning, Progress, Stage
from contracts.models import ModelIdentity
from contracts.report import ReportItem
from contracts.transcription import Segment

Row = dict[str, Any]

_MAX_PARAMETERS = 10_000
"""Values in one statement; SQLite takes 32,766."""


@dataclass(frozen=True)
class PreparedRecording:
    """The properties of a recording that is decoded and cut; lengths in seconds.

    Attributes:
        duration_s: None: the recording is decoded only in part, and its header has no length.
        audio_track: number of the track that was decoded.
    """

    duration_s: float | None
    speech_s: float
    chunks_total: int
    warnings: Sequence[JobWarning] = ()
    audio_track: int | None = None


@dataclass(frozen=True)
class ChunkResult:
    """The changes that one chunk makes to a job's result.

    Attributes:
        segments: new and changed ones; one with an existing index replaces that segment.
        progress: of the job, this chunk included.
        language: of the whole recording so far.
        report: what became of speech without words.
        warnings: limitations of the chunk's text.
        detected_language: that it sounds like; None: unknown.
    """

    segments: Sequence[Segment]
    progress: Progress
    model: ModelIdentity
    language: str
    report: Sequence[ReportItem] = ()
    warnings: Sequence[JobWarning] = ()
    detected_language: str | None = None


def file_row(job: Job, owner: str, blob: str) -> FileRow:
    """Return a new row for a job's file."""
    return FileRow(owner=owner, blob=blob, audio_sha256=None, **dict(job.file))


def transcription_row(job: Job, owner: str, file: FileRow, traceparent: str) -> TranscriptionRow:
    """Return a new row for a queued job."""
    return TranscriptionRow(
        id=job.id,
        owner=owner,
        file_id=file.id,
        status=job.status,
        created_at=job.created_at,
        options=job.options,
        cached=False,
        **job.progress.model_dump(),
        warnings=job.warnings,
        traceparent=traceparent or None,
    )


def segment_rows(segments: Sequence[Segment]) -> tuple[list[Row], list[Row]]:
    """Return rows for segments and for their words, without the transcription's number."""
    segment_rows = [
        segment.model_dump(exclude={"words", "original_text"})
        | {
            "has_words": segment.words is not None,
            "lemmas": lemma_text(segment.text, segment.raw_text or ""),
        }
        for segment in segments
    ]
    word_rows = [
        word.model_dump(exclude={"speaker"})
        | {"marked": word.marked, "segment_index": segment.index, "position": position}
        for segment in segments
        for position, word in enumerate(segment.words or [])
    ]
    return segment_rows, word_rows


def replace_segments(session: Session, number: int, segments: list[Row], words: list[Row]) -> None:
    """Insert segments, in place of those with the same indexes."""
    if not segments:
        return
    session.execute(
        delete(SegmentRow).where(
            SegmentRow.transcription_number == number,
            SegmentRow.index.in_([row["index"] for row in segments]),
        )
    )
    transcription = {"transcription_number": number}
    session.execute(insert(SegmentRow), [row | transcription for row in segments])
    if words:
        session.execute(insert(WordRow), [row | transcription for row in words])


def rewrite_segments(session: Session, number: int, segments: Sequence[Segment]) -> None:
    """Store another text of segments and their words; corrections stay."""
    of_job = SegmentRow.transcription_number == number
    known = session.execute(
        select(SegmentRow.index, SegmentRow.id, EditRow.text)
        .outerjoin(EditRow, joins_segment(EditRow))
        .where(of_job)
    )
    found = {index: (row_id, correction or "") for index, row_id, correction in known}
    rows, words = segment_rows(segments)
    changes = [
        {
            "id": found[row["index"]][0],
            "text": row["text"],
            "raw_text": row["raw_text"],
            "lemmas": lemma_text(row["text"], row["raw_text"] or "", found[row["index"]][1]),
        }
        for row in rows
    ]
    session.execute(update(SegmentRow), changes)
    indexes = [row["index"] for row in rows]
    for first in range(0, len(indexes), _MAX_PARAMETERS):
        session.execute(
            delete(WordRow).where(
                WordRow.transcription_number == number,
                WordRow.segment_index.in_(indexes[first : first + _MAX_PARAMETERS]),
            )
        )
    session.execute(insert(WordRow), [row | {"transcription_number": number} for row in words])


def add_report(session: Session, number: int, items: Sequence[ReportItem]) -> None:
    """Insert what became of speech without words."""
    session.add_all(
        ReportItemRow(transcription_number=number, **item.model_dump()) for item in items
    )


def set_model(row: TranscriptionRow, model: ModelIdentity) -> None:
    """Store the model that computes the result."""
    row.model_name = model.name
    row.model_revision = model.revision
    row.model_engine = model.engine
    row.model_device = model.device


def set_chunk_done(row: TranscriptionRow, chunk_index: int, result: ChunkResult) -> None:
    """Store the progress of a job after a chunk, and the model that transcribed it."""
    if chunk_index and is_of_other_model(row, result.model):
        row.warnings = add_warnings(row.warnings, [JobWarning.MODEL_CHANGED])
    row.warnings = add_warnings(row.warnings, result.warnings)
    set_model(row, result.model)
    row.language = result.language
    row.detected_language = result.detected_language
    row.processed_s = result.progress.processed_s
    row.total_s = result.progress.total_s
    row.chunks_total = result.progress.chunks_total
    row.eta_s = result.progress.eta_s
    row.stage = result.progress.stage
    row.chunks_done = chunk_index + 1


def count_progress(row: TranscriptionRow) -> None:
    """Forget the earlier unclean starts of a job that has got further; keep the current one."""
    row.unclean_starts = min(row.unclean_starts, 1)


def end_job(row: TranscriptionRow, status: JobStatus, finished_at: datetime) -> None:
    """Store the end of a job."""
    row.status = status
    row.finished_at = finished_at
    row.eta_s = None
    if JobWarning.MODEL_CHANGED in row.warnings:
        row.options_key = None  # the result belongs to neither model: do not share it
    if status is JobStatus.COMPLETED:
        row.processed_s, row.eta_s, row.stage = row.total_s, 0.0, Stage.DONE


def requeue(row: TranscriptionRow, resumed_at: datetime) -> None:
    """Queue a job that ended early; its result so far stays."""
    row.status = JobStatus.QUEUED
    row.resumed_at = resumed_at
    row.unclean_starts = 0
    row.started_at = row.finished_at = row.stage = row.error = row.primary_number = None
    row.revision += 1  # invalidates the cached result


def set_description(session: Session, row: TranscriptionRow, description: JobDescription) -> None:
    """Store the title, the folder and the tags, each if it is given."""
    given = description.model_fields_set
    if "title" in given:
        title = description.title or None
        row.title, row.title_lemmas = title, padded_lemmas(title) if title else None
    if "folder" in given:
        row.folder = description.folder or None
    if "tags" in given:
        session.execute(delete(TagRow).where(TagRow.transcription_number == row.number))
        session.add_all(TagRow(transcription_number=row.number, tag=t) for t in description.tags)
    row.revision += 1


def add_warnings(warnings: Sequence[JobWarning], more: Sequence[JobWarning]) -> list[JobWarning]:
    """Return the warnings of both lists, each once."""
    return list(dict.fromkeys([*warnings, *more]))


def correct_segment(session: Session, number: int, index: int, text: str) -> None:
    """Store a segment's correction; the model's own text removes it."""
    segment = session.scalars(
        select(SegmentRow).where(
            SegmentRow.transcription_number == number, SegmentRow.index == index
        )
    ).one()
    edit = session.get(EditRow, (number, index))
    if edit:
        session.delete(edit)
        session.flush()
    if text != segment.text:
        key = {"transcription_number": number, "segment_index": index}
        session.add(EditRow(**key, text=text, edited_at=datetime.now(UTC)))
    segment.lemmas = lemma_text(segment.text, segment.raw_text or "", text)


def assign_speaker(session: Session, number: int, index: int, speaker: str | None) -> None:
    """Store who says a segment; None, or the recognised speaker, removes an earlier change."""
    recognized = session.scalar(
        select(SegmentRow.speaker).where(
            SegmentRow.transcription_number == number, SegmentRow.index == index
        )
    )
    key = {"transcription_number": number, "segment_index": index}
    session.execute(delete(SpeakerEditRow).filter_by(**key))
    if speaker not in (None, recognized):
        session.add(SpeakerEditRow(**key, speaker=speaker))


def padded_lemmas(text: str) -> str:
    """Return the lemmas of a text with a space around each, to be found by a pattern."""
    return f" {lemma_text(text)} "


def lemma_text(*texts: str) -> str:
    """Return the lemmas of texts in the form of the full-text index."""
    return " ".join(sorted(lemmas_of(texts)))
