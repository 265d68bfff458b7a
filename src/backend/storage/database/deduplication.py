"""Find and share results of identical recordings, so that each is computed once.

Of several jobs with the same result one is the primary, which computes it; the others are its
duplicates.
"""

from dataclasses import dataclass

from sqlalchemy import Select, Table, case, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from backend.storage.database.deletion import unfinished_duplicates
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import (
    find_rows,
    is_of_other_model,
    joins_file,
    lock_row,
    primary_of,
)
from backend.storage.database.row_writers import add_warnings, set_model
from backend.storage.database.tables import (
    UNFINISHED,
    Base,
    EditRow,
    FileRow,
    ReportItemRow,
    SegmentRow,
    TranscriptionRow,
    VoiceSuggestionRow,
    WordRow,
)
from contracts.jobs import JobStatus, JobWarning
from contracts.models import ModelIdentity


@dataclass(frozen=True)
class ResultKey:
    """Everything that a result depends on.

    Attributes:
        audio_sha256: of the decoded 16 kHz mono PCM.
        options_key: see `backend.transcription.cache_keys.options_key`.
        model: only its name and revision are compared.
    """

    audio_sha256: str
    options_key: str
    model: ModelIdentity


@dataclass(frozen=True)
class Primary:
    """Another job that has the same result (completed), or computes it."""

    job_id: str
    status: JobStatus


class DeduplicationStore:
    """Primaries and duplicates; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def known_audio(self, owner: str, sha256: str, options_key: str) -> str | None:
        """Return the hash of the decoded audio, if the owner has a result of the same file.

        The options matter because they choose the track that is decoded.
        """
        query = (
            select(FileRow.audio_sha256)
            .join(TranscriptionRow, joins_file())
            .where(
                FileRow.owner == owner,
                FileRow.sha256 == sha256,
                FileRow.audio_sha256.is_not(None),
                TranscriptionRow.options_key == options_key,
            )
        )
        with self._database.reading() as session:
            return session.scalar(query.limit(1))

    @transaction
    def same_blob(self, owner: str, sha256: str) -> str | None:
        """Return the blob's name of the same file, if the owner uploaded it before."""
        query = select(FileRow.blob).where(
            FileRow.owner == owner, FileRow.sha256 == sha256, FileRow.blob.is_not(None)
        )
        with self._database.reading() as session:
            return session.scalar(query.limit(1))

    @transaction
    def claim_result(
        self, job_id: str, key: ResultKey, *, force: bool = False, joins: bool = True
    ) -> Primary | None:
        """Return the job that has or computes this result, or register this job as the primary.

        Of identical jobs that claim at once exactly one gets None. A job whose primary is
        unfinished becomes its duplicate.

        Args:
            force: do not look for others.
            joins: whether the job becomes a duplicate; False: it stays as it is.

        Raises: JobNotFoundError: the job was deleted.
        """
        with self._database.writing() as session:
            _lock_key(session, key)
            row, file = find_rows(session, job_id, lock=True)
            file.audio_sha256 = key.audio_sha256
            is_registered = row.options_key is not None  # it claims again after a restart
            is_primary = force or is_registered
            primary = None if is_primary else session.scalar(_select_primary(row, key))
            row.primary_number = None
            if primary is None:
                _register(row, key)
                return None
            if joins and not primary.status.is_final:
                row.primary_number = primary.number
            return Primary(primary.id, primary.status)

    @transaction
    def copy_result(self, from_id: str, to_id: str) -> bool:
        """Copy the result of a completed job to an unfinished one of the same owner.

        Returns: False if one of them is in another state by now, or was deleted.
        """
        with self._database.writing() as session:
            source = lock_row(session, from_id, JobStatus.COMPLETED)
            target = lock_row(session, to_id, *UNFINISHED)
            if source is None or target is None or source.owner != target.owner:
                return False
            _copy(session, source, target)
            return True

    @transaction
    def primary_of(self, job_id: str) -> str | None:
        """Return the id of the job whose result this one waits for; None: it waits for none.

        Raises: JobNotFoundError: no job has the id.
        """
        with self._database.reading() as session:
            row, _ = find_rows(session, job_id)
            primary = primary_of(session, row)
            return None if primary is row else primary.id

    @transaction
    def duplicates_of(self, job_id: str) -> list[str]:
        """Return the unfinished duplicates of a job, the oldest first; none if it was deleted."""
        query = select(TranscriptionRow).where(TranscriptionRow.id == job_id)
        with self._database.reading() as session:
            row = session.scalar(query)
            return unfinished_duplicates(session, row) if row else []


def _lock_key(session: Session, key: ResultKey) -> None:
    """Let one job at a time claim a result; SQLite has only one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        name = f"{key.audio_sha256} {key.options_key}"
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def _register(row: TranscriptionRow, key: ResultKey) -> None:
    """Make a job the primary."""
    if row.chunks_done and is_of_other_model(row, key.model):
        row.warnings = add_warnings(row.warnings, [JobWarning.MODEL_CHANGED])
    row.options_key = key.options_key
    set_model(row, key.model)


def _copy(session: Session, source: TranscriptionRow, target: TranscriptionRow) -> None:
    """Copy a result; both rows are locked."""
    for table in (SegmentRow, ReportItemRow, VoiceSuggestionRow):
        session.execute(delete(table).where(table.transcription_number == target.number))
    for table in (SegmentRow, WordRow, EditRow, ReportItemRow, VoiceSuggestionRow):
        _copy_rows(session, table, source.number, target.number)
    for name in _COPIED:
        setattr(target, name, getattr(source, name))
    source_file, target_file = (session.get_one(FileRow, row.file_id) for row in (source, target))
    target_file.duration_s, target_file.waveform = source_file.duration_s, source_file.waveform
    about_result = [warning for warning in source.warnings if not warning.is_about_file]
    target.warnings = add_warnings(target.warnings, about_result)
    _copy_file_facts(session, target, target_file)
    target.primary_number = None
    target.cached = True


def _copy_file_facts(session: Session, target: TranscriptionRow, file: FileRow) -> None:
    """Take from jobs of the very same file what decoding found in it; the target was not decoded.

    The source of the result may be another file with the same sound.
    """
    same_file = (
        select(TranscriptionRow, FileRow)
        .join(FileRow, joins_file())
        .where(
            FileRow.owner == file.owner,
            FileRow.sha256 == file.sha256,
            FileRow.audio_sha256 == file.audio_sha256,
            TranscriptionRow.id != target.id,
        )
        .order_by(TranscriptionRow.number.desc())
        .limit(_MAX_SAME_FILES)
    )
    for row, other in session.execute(same_file):
        if row.options.audio_track != target.options.audio_track:
            continue
        about_file = [warning for warning in row.warnings if warning.is_about_file]
        target.warnings = add_warnings(target.warnings, about_file)
        file.audio_track = other.audio_track


_MAX_SAME_FILES = 10

_COPIED = (
    "options_key",
    "model_name",
    "model_revision",
    "model_engine",
    "model_device",
    "language",
    "detected_language",
    "speech_s",
    "processed_s",
    "total_s",
    "chunks_done",
    "chunks_total",
    "eta_s",
    "stage",
)


def _select_primary(row: TranscriptionRow, key: ResultKey) -> Select[TranscriptionRow]:
    """Select the newest completed job with this result, else one that computes it."""
    is_completed = TranscriptionRow.status == JobStatus.COMPLETED
    return (
        select(TranscriptionRow)
        .join(FileRow, joins_file())
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
        # it must not end before it can see its new duplicate
        .with_for_update(read=True, of=TranscriptionRow)
    )


def _copy_rows(session: Session, kind: type[Base], source: int, target: int) -> None:
    table = kind.__table__
    assert isinstance(table, Table)
    others = [c for c in table.columns if c.name not in ("id", "transcription_number")]
    of_source = table.c.transcription_number == source
    rows = select(literal(target), *others).where(of_source).order_by(*table.primary_key.columns)
    names = ["transcription_number", *(column.name for column in others)]
    session.execute(insert(table).from_select(names, rows))
