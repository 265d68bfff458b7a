"""Store jobs from arrival to deletion, as their owners see and change them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from backend.errors import JobNotFoundError, WrongStateError
from backend.storage.database import deletion
from backend.storage.database.engine import Database, transaction
from backend.storage.database.notes import copy_notes
from backend.storage.database.row_mappers import (
    changed_segments,
    find_rows,
    lock_row,
    primary_of,
    to_jobs,
    transcript_of,
)
from backend.storage.database.row_writers import (
    end_job,
    file_row,
    requeue,
    set_description,
    transcription_row,
)
from backend.storage.database.rtf import recent_rtf
from backend.storage.database.tables import TranscriptionRow
from backend.storage.database.usage import UNLIMITED, Quota, charge
from contracts.jobs import Job, JobDescription, JobStatus
from contracts.recordings import Waveform
from contracts.transcription import Segment


@dataclass(frozen=True)
class DeletedJob:
    """The data of a deleted job that is kept outside the database.

    Attributes:
        owner: the owner it belonged to.
        blob: name of the recording; None when another job refers to it, or it was dropped before.
        chunk_keys: keys of its chunk transcripts, which the cache may hold.
        duplicates: unfinished jobs that waited for its result.
    """

    owner: str
    blob: str | None
    chunk_keys: list[str]
    duplicates: list[str]


class JobStore:
    """The jobs of all owners; every method is one transaction.

    Where a method takes an owner, None stands for any.
    """

    def __init__(self, database: Database, default_quota: Quota = UNLIMITED) -> None:
        self._database = database
        self._default_quota = default_quota

    @transaction
    def add(self, job: Job, owner: str, blob: str, traceparent: str = "") -> Job:
        """Insert a queued job and return it as stored; an existing one stays unchanged.

        Args:
            blob: name of the recording.
            traceparent: the trace to which the work on it belongs; empty: none.

        Raises:
            AudioQuotaError: the owner has sent too much audio today.
            StorageQuotaError: the owner's recordings take too much space.
        """
        with self._database.writing() as session:
            if lock_row(session, job.id) is None:
                charge(session, owner, job, self._default_quota)
                file = file_row(job, owner, blob)
                session.add(file)
                session.flush()
                session.add(transcription_row(job, owner, file, traceparent))
                session.flush()
            return to_jobs(session, [find_rows(session, job.id)])[0]

    @transaction
    def get(self, job_id: str, owner: str | None = None, *, with_result: bool = True) -> Job:
        """Return a job; a duplicate shows the progress of its primary.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            row, file = find_rows(session, job_id, owner)
            (job,) = to_jobs(session, [(row, file)])
            if with_result:
                job.result = transcript_of(session, primary_of(session, row))
            return job

    @transaction
    def get_with_revision(self, job_id: str, owner: str) -> tuple[Job, int]:
        """Return a job and its revision, which grows with each change after its end.

        Only a job that has not ended has its result, as far as there is one.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            row, file = find_rows(session, job_id, owner)
            (job,) = to_jobs(session, [(row, file)])
            if not row.status.is_final:
                job.result = transcript_of(session, primary_of(session, row))
            return job, row.revision

    @transaction
    def get_with_changes(
        self, job_id: str, owner: str | None, since: int
    ) -> tuple[Job, list[tuple[int, Segment]]]:
        """Return a job without its result, and the segments added or rewritten after a change.

        Both are of one moment: a job that has ended has all of its segments.

        Args:
            since: number of the last change known; 0 returns all segments.

        Returns: the job, and pairs of change number and segment in the order of the changes.
        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            row, file = find_rows(session, job_id, owner)
            (job,) = to_jobs(session, [(row, file)])
            return job, changed_segments(session, primary_of(session, row).number, since)

    @transaction
    def status(self, job_id: str) -> JobStatus:
        """Return a job's status, or raise JobNotFoundError."""
        query = select(TranscriptionRow.status).where(TranscriptionRow.id == job_id)
        with self._database.reading() as session:
            status = session.scalar(query)
        if status is None:
            raise JobNotFoundError("No transcription has this id.")
        return status

    @transaction
    def blob(self, job_id: str, owner: str | None = None) -> str | None:
        """Return the name of the recording; None after it was dropped.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            _, file = find_rows(session, job_id, owner)
            return file.blob

    @transaction
    def waveform(self, job_id: str, owner: str | None = None) -> Waveform | None:
        """Return the recording's waveform; None until it is decoded.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            _, file = find_rows(session, job_id, owner)
            return file.waveform

    @transaction
    def owner(self, job_id: str) -> str:
        """Return the owner of a job, or raise JobNotFoundError."""
        with self._database.reading() as session:
            return find_rows(session, job_id)[0].owner

    @transaction
    def revision(self, job_id: str, owner: str | None = None) -> int:
        """Return a number that grows with each change of a finished job.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            return find_rows(session, job_id, owner)[0].revision

    @transaction
    def recent_rtf(self, model_name: str) -> float | None:
        """Return a model's RTF without waiting; None while it has transcribed nothing long."""
        with self._database.reading() as session:
            return recent_rtf(session, model_name)

    @transaction
    def cancel(self, job_id: str, owner: str | None, finished_at: datetime) -> Job:
        """Cancel a job and return it without its result.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it has ended already.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, owner, lock=True)
            if row.status.is_final:
                raise WrongStateError("The transcription has ended already.")
            end_job(row, JobStatus.CANCELLED, finished_at)
            return to_jobs(session, [(row, file)])[0]

    @transaction
    def resume(self, job_id: str, owner: str | None, resumed_at: datetime) -> Job:
        """Queue a cancelled or failed job again and return it without its result.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: it is neither cancelled nor failed, or its recording was dropped.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, owner, lock=True)
            if row.status not in (JobStatus.CANCELLED, JobStatus.FAILED):
                raise WrongStateError(f"The job is {row.status} and cannot be resumed.")
            if file.blob is None:
                raise WrongStateError("The recording is no longer stored.")
            requeue(row, resumed_at)
            session.flush()
            return to_jobs(session, [(row, file)])[0]

    @transaction
    def describe(self, job_id: str, owner: str | None, description: JobDescription) -> Job:
        """Set a job's title, tags and folder and return it without its result.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, owner, lock=True)
            set_description(session, row, description)
            session.flush()
            return to_jobs(session, [(row, file)])[0]

    @transaction
    def copy_description(self, source_id: str, target_id: str, owner: str) -> Job:
        """Give a job the title, tags, folder and notes of another one; return it without result.

        Raises: JobNotFoundError: one of them does not exist.
        """
        with self._database.writing() as session:
            source = find_rows(session, source_id, owner)
            row, file = find_rows(session, target_id, owner, lock=True)
            (like,) = to_jobs(session, [source])
            description = JobDescription(title=like.title, tags=like.tags, folder=like.folder)
            set_description(session, row, description)
            copy_notes(session, source[0].number, row.number)
            session.flush()
            return to_jobs(session, [(row, file)])[0]

    @transaction
    def delete(self, job_id: str, owner: str | None = None) -> DeletedJob:
        """Delete a job in any state, with its transcript.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, owner, lock=True)
            owner, duplicates = row.owner, deletion.unfinished_duplicates(session, row)
            chunk_keys = deletion.lock_chunk_keys(session, row)
            blob = deletion.delete_job(session, row, file)
        self._database.erase_deleted()
        return DeletedJob(
            owner=owner,
            blob=blob,
            chunk_keys=chunk_keys,
            duplicates=duplicates,
        )
