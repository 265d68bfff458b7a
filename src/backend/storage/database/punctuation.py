"""Store which completed transcripts are to be punctuated once more, and how that ended."""

from sqlalchemy import select

from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import find_rows, lock_row, to_jobs
from backend.storage.database.row_writers import add_warnings
from backend.storage.database.runs import StartedJob
from backend.storage.database.tables import TranscriptionRow
from contracts.jobs import JobStatus, JobWarning

_WARNINGS = (JobWarning.PUNCTUATION_FAILED, JobWarning.RECORDING_NOT_STORED)


class PunctuationStore:
    """The completed jobs whose text is being punctuated; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def request(self, job_id: str) -> bool:
        """Ask for the marks of a text; return False unless the job is completed."""
        with self._database.writing() as session:
            row = lock_row(session, job_id, JobStatus.COMPLETED)
            if row is None:
                return False
            row.is_punctuating = True
            row.unclean_starts = 0
            row.revision += 1
            return True

    @transaction
    def requested(self) -> list[str]:
        """Return the ids of all jobs whose text is to be punctuated, the oldest first."""
        query = select(TranscriptionRow.id).where(TranscriptionRow.is_punctuating)
        with self._database.reading() as session:
            return list(session.scalars(query.order_by(TranscriptionRow.number)))

    @transaction
    def begin(self, job_id: str, *, is_counted: bool) -> StartedJob | None:
        """Start to punctuate a text, or continue after a restart.

        Args:
            is_counted: whether the start is an unclean one until `finish`.

        Returns: None if nobody asks for that any more; without a `blob` if it was dropped.
        """
        with self._database.writing() as session:
            row = lock_row(session, job_id, JobStatus.COMPLETED)
            if row is None or not row.is_punctuating:
                return None
            row.unclean_starts += is_counted
            session.flush()
            row, file = find_rows(session, job_id)
            (job,) = to_jobs(session, [(row, file)])
            return StartedJob(job, row.owner, file.blob or "", row.resumed_at or row.created_at)

    @transaction
    def finish(self, job_id: str, warning: JobWarning | None = None) -> None:
        """Store that the text has its marks, or the warning why it has not, if it was asked for."""
        with self._database.writing() as session:
            row = lock_row(session, job_id, JobStatus.COMPLETED)
            if row is None or not row.is_punctuating:
                return
            kept = [each for each in row.warnings if each not in _WARNINGS]
            row.warnings = add_warnings(kept, [warning] if warning else [])
            row.is_punctuating = False
            row.unclean_starts = 0
            row.revision += 1
