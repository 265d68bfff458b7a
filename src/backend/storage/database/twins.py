"""Jobs of one owner that would have the same result: it is made once."""

from dataclasses import dataclass

from sqlalchemy import Select, Table, case, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from backend.storage.database.reading import model_of, of_file
from backend.storage.database.tables import (
    Base,
    EditRow,
    FileRow,
    SegmentRow,
    TranscriptionRow,
    WordRow,
)
from backend.storage.database.writing import note_model, with_warnings
from contracts.jobs import JobStatus, JobWarning
from contracts.models import ModelIdentity


@dataclass(frozen=True)
class ResultKey:
    """What a result depends on.

    Attributes:
        audio_sha256: of the decoded 16 kHz mono PCM.
        options_key: of the options that matter.
        model: only its name and revision are compared.
    """

    audio_sha256: str
    options_key: str
    model: ModelIdentity


@dataclass(frozen=True)
class Twin:
    """Another job with the same result, which it has (completed) or makes."""

    job_id: str
    status: JobStatus


def wait_for_others(session: Session, key: ResultKey) -> None:
    """Let one job at a time claim a result; on SQLite there is one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        name = f"{key.audio_sha256} {key.options_key}"
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def claim(
    session: Session, row: TranscriptionRow, file: FileRow, key: ResultKey, *, force: bool
) -> Twin | None:
    """Return a job's twin, which it joins if it is not completed, or else register the job.

    Args:
        row: of the job; locked, after `wait_for_others`.
        force: register it without looking.
    """
    file.audio_sha256 = key.audio_sha256
    is_registered = row.options_key is not None  # it was interrupted, and asks again
    twin = None if force or is_registered else session.scalar(_twin(row, key))
    row.joined_to = None
    if twin is None:
        if row.chunks_done and model_of(row) != key.model:
            row.warnings = with_warnings(row.warnings, [JobWarning.MODEL_CHANGED])
        row.options_key = key.options_key
        note_model(row, key.model)
        return None
    if not twin.status.is_final:
        row.joined_to = twin.number
    return Twin(twin.id, twin.status)


def copy(session: Session, source: TranscriptionRow, target: TranscriptionRow) -> None:
    """Give a job the result of another; both are locked."""
    session.execute(delete(SegmentRow).where(SegmentRow.transcription_number == target.number))
    for table in (SegmentRow, WordRow, EditRow):
        _copy_rows(session, table, source.number, target.number)
    for name in _COPIED:
        setattr(target, name, getattr(source, name))
    made_of, recording = (session.get_one(FileRow, row.file_id) for row in (source, target))
    recording.duration_s, recording.waveform = made_of.duration_s, made_of.waveform
    target.warnings = with_warnings(target.warnings, source.warnings)
    target.joined_to = None
    target.cached = True


_COPIED = (
    "options_key",
    "model_name",
    "model_revision",
    "model_engine",
    "model_device",
    "language",
    "speech_s",
    "processed_s",
    "total_s",
    "chunks_done",
    "chunks_total",
    "eta_s",
    "stage",
)


def _twin(row: TranscriptionRow, key: ResultKey) -> Select[TranscriptionRow]:
    """Select the newest completed twin, else one that is on its way."""
    is_completed = TranscriptionRow.status == JobStatus.COMPLETED
    return (
        select(TranscriptionRow)
        .join(FileRow, of_file())
        .where(
            FileRow.owner == row.owner,
            FileRow.audio_sha256 == key.audio_sha256,
            TranscriptionRow.owner == row.owner,
            TranscriptionRow.options_key == key.options_key,
            TranscriptionRow.model_name == key.model.name,
            TranscriptionRow.model_revision == key.model.revision,
            TranscriptionRow.status.in_((JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.COMPLETED)),
        )
        .order_by(case((is_completed, 0), else_=1), TranscriptionRow.number.desc())
        .limit(1)
        # it does not end before it can see that it was joined
        .with_for_update(read=True, of=TranscriptionRow)
    )


def _copy_rows(session: Session, kind: type[Base], source: int, target: int) -> None:
    table = kind.__table__
    assert isinstance(table, Table)
    others = [c for c in table.columns if c.name not in ("id", "transcription_number")]
    mine = table.c.transcription_number == source
    rows = select(literal(target), *others).where(mine).order_by(*table.primary_key.columns)
    names = ["transcription_number", *(column.name for column in others)]
    session.execute(insert(table).from_select(names, rows))
