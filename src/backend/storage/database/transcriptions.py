"""The life of a job, from its arrival to its deletion."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.errors import JobNotFoundError, WrongStateError
from backend.storage.database import removal, twins
from backend.storage.database.engine import transaction
from backend.storage.database.reading import find_rows, jobs_of, segments_of
from backend.storage.database.removal import Leftovers
from backend.storage.database.tables import UNFINISHED, FileRow, TranscriptionRow
from backend.storage.database.transcription_reader import TranscriptionReader
from backend.storage.database.twins import ResultKey, Twin
from backend.storage.database.writing import (
    ChunkResult,
    Prepared,
    correct,
    describe,
    end_job,
    file_row,
    note_chunk,
    put_segments,
    segment_rows,
    take_up_again,
    transcription_row,
    with_warnings,
)
from contracts.jobs import Job, JobDescription, JobStatus, Stage
from contracts.problems import Problem
from contracts.recordings import Waveform
from contracts.transcription import Segment


class TranscriptionStore(TranscriptionReader):
    """The jobs in the database; every method is one transaction.

    A method that asks for an owner takes None for any. Those that change a job and return a
    bool tell whether they did: not when it is in another state by now, or deleted.
    """

    @transaction
    def add(self, job: Job, owner: str, blob: Path) -> None:
        """Write down a job that waits its turn; one that is there already stays as it is.

        Args:
            blob: the recording.
        """
        with self._database.writing() as session:
            if _locked(session, job.id):
                return
            file = file_row(job, owner, self._database.stored_path(blob))
            session.add(file)
            session.flush()
            session.add(transcription_row(job, owner, file))

    @transaction
    def start(self, job_id: str, started_at: datetime) -> bool:
        """Begin a job; return whether it is to be worked on.

        It is so too when it runs already: it goes on after a restart, and began when it began.
        """
        with self._database.writing() as session:
            row = _locked(session, job_id, *UNFINISHED)
            if row is None:
                return False
            row.status = JobStatus.RUNNING
            row.joined_to = None  # until it asks again whose the work is
            row.started_at = row.started_at or started_at
            return True

    @transaction
    def note_stage(self, job_id: str, stage: Stage) -> None:
        """Write what a running job is doing."""
        with self._database.writing() as session:
            if row := _locked(session, job_id, JobStatus.RUNNING):
                row.stage = stage

    @transaction
    def note_eta(self, job_id: str, eta_s: float | None) -> None:
        """Write how many seconds a running job will still take; None: nobody knows."""
        with self._database.writing() as session:
            if row := _locked(session, job_id, JobStatus.RUNNING):
                row.eta_s = eta_s

    @transaction
    def note_waveform(self, job_id: str, waveform: Waveform) -> None:
        """Write how a job's recording looks, unless the job was deleted."""
        with self._database.writing() as session:
            if row := _locked(session, job_id):
                session.get_one(FileRow, row.file_id).waveform = waveform

    @transaction
    def note_prepared(self, job_id: str, prepared: Prepared) -> None:
        """Write what is known of a running job's recording; its result is there from now on."""
        with self._database.writing() as session:
            row = _locked(session, job_id, JobStatus.RUNNING)
            if row is None:
                return
            session.get_one(FileRow, row.file_id).duration_s = prepared.duration_s
            row.total_s = prepared.duration_s
            row.speech_s = prepared.speech_s
            row.chunks_total = prepared.chunks_total
            row.warnings = with_warnings(row.warnings, prepared.warnings)

    @transaction
    def claim_result(self, job_id: str, key: ResultKey, *, force: bool = False) -> Twin | None:
        """Find the job that has this result or makes it, or else become that job.

        Both at once: of identical recordings one job, and only one, gets None.

        Args:
            force: do not look, become that job.

        Raises: JobNotFoundError: the job was deleted.
        """
        with self._database.writing() as session:
            twins.wait_for_others(session, key)
            row, file = find_rows(session, job_id, lock=True)
            return twins.claim(session, row, file, key, force=force)

    @transaction
    def copy_result(self, from_id: str, to_id: str) -> bool:
        """Give an unfinished job the result of a completed one of the same owner, as cached."""
        with self._database.writing() as session:
            source = _locked(session, from_id, JobStatus.COMPLETED)
            target = _locked(session, to_id, *UNFINISHED)
            if source is None or target is None or source.owner != target.owner:
                return False
            twins.copy(session, source, target)
            return True

    @transaction
    def append(self, job_id: str, chunk_index: int, result: ChunkResult) -> bool:
        """Add what was recognised in the next chunk of a running job.

        Returns: False also when this chunk is there already.
        Raises: ValueError: a chunk before it is not there yet.
        """
        rows = segment_rows(result.segments)
        with self._database.writing() as session:
            row = _locked(session, job_id, JobStatus.RUNNING)
            if row is None or chunk_index < row.chunks_done:
                return False
            if chunk_index > row.chunks_done:
                raise ValueError(f"chunk {chunk_index} came when {row.chunks_done} was expected")
            put_segments(session, row.number, *rows)
            note_chunk(row, chunk_index, result)
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
        """Bring a job to its end, with what was recognised so far."""
        with self._database.writing() as session:
            row = _locked(session, job_id, *UNFINISHED)
            if row is None:
                return False
            end_job(row, status, finished_at)
            row.error = error
            return True

    @transaction
    def cancel(self, job_id: str, owner: str | None, finished_at: datetime) -> Job:
        """End a job by its owner's wish, and return it without its result.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it has ended already.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, owner, lock=True)
            if row.status.is_final:
                raise WrongStateError("The transcription has ended already.")
            end_job(row, JobStatus.CANCELLED, finished_at)
            return jobs_of(session, [(row, file)])[0]

    @transaction
    def resume(self, job_id: str, owner: str | None, resumed_at: datetime) -> None:
        """Let a job that was cancelled, or failed, wait its turn again.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it has not ended so, or its recording is not kept any more.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, owner, lock=True)
            if row.status not in (JobStatus.CANCELLED, JobStatus.FAILED):
                raise WrongStateError(f"Nothing is left to go on with: the job is {row.status}.")
            if file.blob is None:
                raise WrongStateError("The recording is not kept any more.")
            take_up_again(row, resumed_at)

    @transaction
    def describe(self, job_id: str, owner: str | None, description: JobDescription) -> Job:
        """Write what an owner calls a job, and return it without its result.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, owner, lock=True)
            describe(session, row, description)
            session.flush()
            return jobs_of(session, [(row, file)])[0]

    @transaction
    def edit_segment(self, job_id: str, owner: str | None, index: int, text: str) -> Segment:
        """Correct a segment; the model's own text takes the correction back.

        Raises: JobNotFoundError: no job of that owner has the id, or it has no such segment.
        """
        with self._database.writing() as session:
            row, _ = find_rows(session, job_id, owner, lock=True)
            if not segments_of(session, row.number, index, index):
                raise JobNotFoundError("The transcription has no segment with this index.")
            correct(session, row.number, index, text)
            row.revision += 1
            session.flush()
            return segments_of(session, row.number, index, index)[0]

    @transaction
    def delete(self, job_id: str, owner: str | None = None) -> Leftovers:
        """Remove a job in any state with all that was made of it.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, owner, lock=True)
            chunk_keys = removal.take_chunk_keys(session, row)
            blob = removal.delete_job(session, row, file)
        self._database.forget_deleted()
        return Leftovers(self._database.blob_path(blob) if blob else None, chunk_keys)


def _locked(session: Session, job_id: str, *statuses: JobStatus) -> TranscriptionRow | None:
    """Return a job's row, which nobody else changes meanwhile, if it has one of the statuses."""
    query = select(TranscriptionRow).where(TranscriptionRow.id == job_id)
    row = session.scalar(query.with_for_update(key_share=True))
    return row if row and (not statuses or row.status in statuses) else None
