"""Find corrected transcripts, and other transcripts of the same recordings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import joins_file, joins_segment
from backend.storage.database.tables import EditRow, FileRow, SegmentRow, TranscriptionRow
from contracts.evaluation import MAX_EVALUATED, CorrectedRecording
from contracts.jobs import JobStatus
from contracts.options import Task
from contracts.spacing import join_texts

_MAX_TRANSCRIPTS = 100
"""Transcripts of one recording among which those of other models are looked for."""


@dataclass(frozen=True)
class ModelText:
    """What a model wrote of a recording, before corrections.

    Attributes:
        seconds: from start to end of the job; None: not known.
    """

    model: str
    text: str
    duration_s: float
    seconds: float | None


@dataclass(frozen=True)
class ComparedRecording:
    """A corrected transcript, and what each model wrote of the recording.

    Attributes:
        reference: the texts of the segments, corrected.
        texts: the latest one of each model.
    """

    id: str
    reference: Sequence[str]
    texts: Sequence[ModelText]


class EvaluationStore:
    """The texts that models are compared by; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def corrected(self, owner: str) -> list[CorrectedRecording]:
        """Return an owner's latest corrected transcripts, the newest first."""
        row = TranscriptionRow
        n_segments = _count(SegmentRow, SegmentRow.transcription_number)
        n_corrected = _count(EditRow, EditRow.transcription_number)
        query = (
            select(row, FileRow.name, n_segments, n_corrected)
            .join(FileRow, joins_file())
            .where(*_is_completed(owner), _has_edits())
            .order_by(row.number.desc())
            .limit(MAX_EVALUATED)
        )
        with self._database.reading() as session:
            return [
                CorrectedRecording(
                    id=job.id,
                    name=job.title or file_name,
                    created_at=job.created_at,
                    model=job.model_name or "",
                    n_segments=segments,
                    n_corrected=edits,
                    is_evaluated=False,
                )
                for job, file_name, segments, edits in session.execute(query)
                if job.options.task is Task.TRANSCRIBE
            ]

    @transaction
    def compared(
        self, owner: str, job_ids: Collection[str], max_words: int
    ) -> list[ComparedRecording]:
        """Return the texts of some corrected transcripts, each recording once, the newest first.

        Args:
            owner: whose transcripts they are; others are left out.
            job_ids: of corrected transcripts.
            max_words: of all references; older transcripts are left out.
        """
        query = (
            select(TranscriptionRow, FileRow)
            .join(FileRow, joins_file())
            .where(*_is_completed(owner), TranscriptionRow.id.in_(job_ids))
            .order_by(TranscriptionRow.number.desc())
        )
        found: list[ComparedRecording] = []
        seen: set[str] = set()
        with self._database.reading() as session:
            for row, file in session.execute(query):
                audio = file.audio_sha256 or f"file {file.id}"
                if audio in seen or (row.n_words or 0) > max_words:
                    continue
                seen.add(audio)
                max_words -= row.n_words or 0
                reference = [corrected for _, corrected in session.execute(_texts(row.number))]
                found.append(ComparedRecording(row.id, reference, _by_model(session, row, file)))
        return found


def _by_model(session: Session, row: TranscriptionRow, file: FileRow) -> list[ModelText]:
    """Return the text of a transcript, and those of other models of the same recording."""
    rows = [row]
    if file.audio_sha256:
        query = (
            select(TranscriptionRow)
            .join(FileRow, joins_file())
            .where(*_is_completed(row.owner), FileRow.audio_sha256 == file.audio_sha256)
            .order_by(TranscriptionRow.number.desc())
            .limit(_MAX_TRANSCRIPTS)
        )
        rows += session.scalars(query)
    texts: dict[str, ModelText] = {}
    for one in rows:
        is_alike = (one.options.task, one.language) == (row.options.task, row.language)
        if one.model_name and is_alike and one.model_name not in texts:
            texts[one.model_name] = _model_text(session, one, one.model_name)
    return list(texts.values())


def _model_text(session: Session, row: TranscriptionRow, model: str) -> ModelText:
    seconds = None
    if row.started_at and row.finished_at and not row.cached and not row.resumed_at:
        seconds = (row.finished_at - row.started_at).total_seconds()
    text = join_texts(text for text, _ in session.execute(_texts(row.number)))
    return ModelText(model, text, row.total_s, seconds)


def _texts(number: int) -> Select[str, str]:
    """Select the texts of a transcription's segments: the model's, and as they are corrected."""
    return (
        select(SegmentRow.text, func.coalesce(EditRow.text, SegmentRow.text))
        .outerjoin(EditRow, joins_segment(EditRow))
        .where(SegmentRow.transcription_number == number)
        .order_by(SegmentRow.start, SegmentRow.index)
    )


def _is_completed(owner: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return TranscriptionRow.owner == owner, TranscriptionRow.status == JobStatus.COMPLETED


def _has_edits() -> ColumnElement[bool]:
    return select(EditRow).where(EditRow.transcription_number == TranscriptionRow.number).exists()


def _count(
    table: type[SegmentRow | EditRow], number: InstrumentedAttribute[int]
) -> ColumnElement[int]:
    query = select(func.count()).select_from(table).where(number == TranscriptionRow.number)
    return query.scalar_subquery()
