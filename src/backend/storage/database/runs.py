"""Store the progress of running jobs, as a worker reports it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import find_rows, lock_row, to_jobs
from backend.storage.database.row_writers import (
    ChunkResult,
    PreparedRecording,
    add_report,
    add_warnings,
    count_progress,
    end_job,
    replace_segments,
    segment_rows,
    set_chunk_done,
)
from backend.storage.database.segment_rows import (
    StoredSegment,
    rewrite_all_segments,
    stored_segments,
)
from backend.storage.database.tables import UNFINISHED, FileRow, TranscriptionRow
from backend.storage.database.totals import add_completed
from backend.storage.database.usage import correct_charge
from contracts.jobs import Job, JobStatus, JobWarning, Stage
from contracts.problems import Problem
from contracts.recordings import Waveform


@dataclass(frozen=True)
class StartedJob:
    """A job that a worker has started.

    Attributes:
        blob: name of the recording as it was uploaded.
        queued_at: time at which it was last queued.
        traceparent: the trace in which it was submitted.
    """

    job: Job
    owner: str
    blob: str
    queued_at: datetime
    traceparent: str | None = None


class RunStore:
    """The running jobs; every method is one transaction.

    Methods that return a bool return False when the job is in another state by now, or was
    deleted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def begin(
        self, job_id: str, started_at: datetime, *, is_counted: bool = False
    ) -> StartedJob | None:
        """Start a queued job, or continue one that a restart interrupted.

        Args:
            is_counted: whether the start is an unclean one until the job gets further or ends, or
                until `forget_starts`.

        Returns: None when the job has ended or was deleted.
        """
        with self._database.writing() as session:
            row = lock_row(session, job_id, *UNFINISHED)
            if row is None:
                return None
            row.status = JobStatus.RUNNING
            row.primary_number = None  # deduplication decides again
            row.started_at = row.started_at or started_at
            row.unclean_starts += is_counted
            session.flush()
            row, file = find_rows(session, job_id)
            assert file.blob is not None  # only ended jobs lose their recording
            (job,) = to_jobs(session, [(row, file)])
            queued_at = row.resumed_at or row.created_at
            return StartedJob(job, row.owner, file.blob, queued_at, row.traceparent)

    @transaction
    def unclean_starts(self, job_id: str) -> int:
        """Return the starts since the job got further that have not ended cleanly, or not yet."""
        query = select(TranscriptionRow.unclean_starts).where(TranscriptionRow.id == job_id)
        with self._database.reading() as session:
            return session.scalar(query) or 0

    @transaction
    def forget_starts(self, job_ids: Collection[str]) -> None:
        """Uncount one start of each job: it has ended cleanly."""
        is_counted = TranscriptionRow.id.in_(job_ids) & (TranscriptionRow.unclean_starts > 0)
        n_starts = TranscriptionRow.unclean_starts - 1
        with self._database.writing() as session:
            session.execute(
                update(TranscriptionRow).where(is_counted).values(unclean_starts=n_starts)
            )

    @transaction
    def set_stage(self, job_id: str, stage: Stage) -> None:
        """Store the current stage."""
        with self._database.writing() as session:
            if row := lock_row(session, job_id, JobStatus.RUNNING):
                row.stage = stage

    @transaction
    def set_eta(self, job_id: str, eta_s: float | None) -> None:
        """Store the estimated seconds left; None: unknown."""
        with self._database.writing() as session:
            if row := lock_row(session, job_id, JobStatus.RUNNING):
                row.eta_s = eta_s

    @transaction
    def set_waveform(self, job_id: str, waveform: Waveform) -> None:
        """Store the recording's waveform, unless the job was deleted."""
        with self._database.writing() as session:
            if row := lock_row(session, job_id):
                session.get_one(FileRow, row.file_id).waveform = waveform

    @transaction
    def set_prepared(self, job_id: str, prepared: PreparedRecording) -> None:
        """Store what preparing the recording, or its opening, found.

        The job has a result from now on.
        """
        with self._database.writing() as session:
            row = lock_row(session, job_id, JobStatus.RUNNING)
            if row is None:
                return
            if not row.total_s:
                count_progress(row)
            file = session.get_one(FileRow, row.file_id)
            file.audio_track = prepared.audio_track
            if prepared.duration_s is not None:
                correct_charge(session, row, prepared.duration_s - (file.duration_s or 0.0))
                file.duration_s = row.total_s = prepared.duration_s
            row.speech_s = prepared.speech_s
            row.chunks_total = prepared.chunks_total
            row.warnings = add_warnings(row.warnings, prepared.warnings)

    @transaction
    def add_warning(self, job_id: str, warning: JobWarning) -> None:
        """Add a warning to a running job, once."""
        with self._database.writing() as session:
            if row := lock_row(session, job_id, JobStatus.RUNNING):
                row.warnings = add_warnings(row.warnings, [warning])

    @transaction
    def append(self, job_id: str, chunk_index: int, result: ChunkResult) -> bool:
        """Add the result of the next chunk.

        Returns: False also when this chunk is stored already.
        Raises: ValueError: an earlier chunk is missing.
        """
        rows = segment_rows(result.segments)
        with self._database.writing() as session:
            row = lock_row(session, job_id, JobStatus.RUNNING)
            if row is None or chunk_index < row.chunks_done:
                return False
            if chunk_index > row.chunks_done:
                raise ValueError(f"chunk {chunk_index} came when {row.chunks_done} was expected")
            replace_segments(session, row.number, *rows)
            add_report(session, row.number, result.report)
            set_chunk_done(row, chunk_index, result)
            count_progress(row)
            return True

    @transaction
    def segments(self, job_id: str) -> tuple[int, list[StoredSegment]]:
        """Return the revision of a job, and its segments so far by time.

        Raises: JobNotFoundError: no job has the id.
        """
        with self._database.reading() as session:
            row, _ = find_rows(session, job_id)
            return row.revision, stored_segments(session, row.number)

    @transaction
    def set_segments(self, job_id: str, revision: int, segments: Sequence[StoredSegment]) -> bool:
        """Replace all segments of a job, with their corrections.

        Args:
            revision: of the job whose segments they were.

        Returns: False also when the job was edited since.
        """
        with self._database.writing() as session:
            row = lock_row(session, job_id, JobStatus.RUNNING)
            if row is None or row.revision != revision:
                return False
            rewrite_all_segments(session, row.number, segments)
            return True

    @transaction
    def finish(
        self,
        job_id: str,
        status: JobStatus,
        *,
        finished_at: datetime,
        error: Problem | None = None,
    ) -> bool:
        """End an unfinished job; its result keeps the chunks so far."""
        with self._database.writing() as session:
            row = lock_row(session, job_id, *UNFINISHED)
            if row is None:
                return False
            end_job(row, status, finished_at)
            row.error = error
            if status is JobStatus.COMPLETED:
                add_completed(session, row)
            return True
