"""Makes rows of contracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from backend.storage.database.lemmas import lemmas_of
from backend.storage.database.reading import model_of
from backend.storage.database.tables import (
    EditRow,
    FileRow,
    SegmentRow,
    TagRow,
    TranscriptionRow,
    WordRow,
)
from contracts.jobs import Job, JobDescription, JobStatus, JobWarning, Progress, Stage
from contracts.models import ModelIdentity
from contracts.transcription import Segment

Row = dict[str, Any]


@dataclass(frozen=True)
class Prepared:
    """What is known of a recording once it is decoded and cut; seconds of audio."""

    duration_s: float
    speech_s: float
    chunks_total: int
    warnings: Sequence[JobWarning] = ()


@dataclass(frozen=True)
class ChunkResult:
    """What a chunk added to a job.

    Attributes:
        segments: those that it added or changed; one with an index that is there already
            takes its place.
        progress: how far the job is with it.
        language: that of the whole recording so far.
    """

    segments: Sequence[Segment]
    progress: Progress
    model: ModelIdentity
    language: str


def file_row(job: Job, owner: str, blob: str) -> FileRow:
    """Return the row of a job's file."""
    return FileRow(owner=owner, blob=blob, audio_sha256=None, **job.file.model_dump())


def transcription_row(job: Job, owner: str, file: FileRow) -> TranscriptionRow:
    """Return the row of a job that waits its turn."""
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
    )


def segment_rows(segments: Sequence[Segment]) -> tuple[list[Row], list[Row]]:
    """Return the rows of segments and those of their words; both still lack the job's number."""
    segment_rows = [
        segment.model_dump(exclude={"words", "original_text"})
        | {
            "has_words": segment.words is not None,
            "lemmas": lemma_text(segment.text),
        }
        for segment in segments
    ]
    word_rows = [
        word.model_dump() | {"segment_index": segment.index, "position": position}
        for segment in segments
        for position, word in enumerate(segment.words or [])
    ]
    return segment_rows, word_rows


def put_segments(session: Session, number: int, segments: list[Row], words: list[Row]) -> None:
    """Write the rows of segments; those with the same indexes give way."""
    if not segments:
        return
    session.execute(
        delete(SegmentRow).where(
            SegmentRow.transcription_number == number,
            SegmentRow.index.in_([row["index"] for row in segments]),
        )
    )
    mine = {"transcription_number": number}
    session.execute(insert(SegmentRow), [row | mine for row in segments])
    if words:
        session.execute(insert(WordRow), [row | mine for row in words])


def note_model(row: TranscriptionRow, model: ModelIdentity) -> None:
    """Write which model makes the result."""
    row.model_name = model.name
    row.model_revision = model.revision
    row.model_engine = model.engine
    row.model_device = model.device


def note_chunk(row: TranscriptionRow, chunk_index: int, result: ChunkResult) -> None:
    """Write how far a job is with a chunk, and what made it."""
    if chunk_index and model_of(row) != result.model:
        row.warnings = with_warnings(row.warnings, [JobWarning.MODEL_CHANGED])
    note_model(row, result.model)
    row.language = result.language
    row.processed_s = result.progress.processed_s
    row.total_s = result.progress.total_s
    row.chunks_total = result.progress.chunks_total
    row.eta_s = result.progress.eta_s
    row.stage = result.progress.stage
    row.chunks_done = chunk_index + 1


def end_job(row: TranscriptionRow, status: JobStatus, finished_at: datetime) -> None:
    """Write how a job ended."""
    row.status = status
    row.finished_at = finished_at
    row.eta_s = None
    if JobWarning.MODEL_CHANGED in row.warnings:
        row.options_key = None  # which of the two models should it stand for?
    if status is JobStatus.COMPLETED:
        row.processed_s, row.eta_s, row.stage = row.total_s, 0.0, Stage.DONE


def take_up_again(row: TranscriptionRow, resumed_at: datetime) -> None:
    """Let a job that ended before its time wait its turn, with what was recognised so far."""
    row.status = JobStatus.QUEUED
    row.resumed_at = resumed_at
    row.started_at = row.finished_at = row.stage = row.error = row.joined_to = None
    row.revision += 1  # what is cached of its end is not true any more


def describe(session: Session, row: TranscriptionRow, description: JobDescription) -> None:
    """Write the title and the tags, each if it is given."""
    given = description.model_fields_set
    if "title" in given:
        row.title = description.title or None
        row.title_lemmas = f" {lemma_text(row.title)} " if row.title else None
    if "tags" in given:
        session.execute(delete(TagRow).where(TagRow.transcription_number == row.number))
        session.add_all(TagRow(transcription_number=row.number, tag=t) for t in description.tags)
    row.revision += 1


def with_warnings(warnings: Sequence[JobWarning], more: Sequence[JobWarning]) -> list[JobWarning]:
    """Return both, each warning once."""
    return list(dict.fromkeys([*warnings, *more]))


def correct(session: Session, number: int, index: int, text: str) -> None:
    """Write a segment's correction; the model's own text takes it back."""
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
    segment.lemmas = lemma_text(segment.text, text)


def lemma_text(*texts: str) -> str:
    """Return the lemmas of texts as the full-text index takes them."""
    return " ".join(sorted(lemmas_of(texts)))
