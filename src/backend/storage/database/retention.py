"""Find what has been kept long enough, and drop recordings."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from backend.storage.database import deletion
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import find_rows, joins_file
from backend.storage.database.tables import FileRow, TranscriptionRow


class RetentionStore:
    """The ages of jobs and recordings; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def expired(self, before: datetime) -> list[str]:
        """Return the ids of the jobs that ended before a time."""
        return self._ended(before)

    @transaction
    def audio_expired(self, before: datetime) -> list[str]:
        """Return the ids of the jobs that ended before a time and still have their recording."""
        return self._ended(before, FileRow.blob.is_not(None))

    @transaction
    def drop_audio(self, job_id: str) -> str | None:
        """Detach the recording from a job that has ended, and keep its transcript.

        Returns: name of the blob to remove; None when another job refers to it, it was dropped
            before, or the job was resumed.
        Raises: JobNotFoundError: no job has the id.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, lock=True)
            if not row.status.is_final:
                return None
            row.revision += 1
            return deletion.detach_blob(session, file)

    @transaction
    def refers_to(self, blob: str) -> bool:
        """Return whether any job refers to the blob of a name."""
        with self._database.reading() as session:
            query = select(FileRow.id).where(FileRow.blob == blob).limit(1)
            return session.scalar(query) is not None

    @transaction
    def recordings(self) -> list[tuple[str, str]]:
        """Return the blob's name and the SHA-256 of each stored recording, the oldest first."""
        query = select(FileRow.blob, FileRow.sha256).where(FileRow.blob.is_not(None))
        with self._database.reading() as session:
            rows = session.execute(query.order_by(FileRow.id))
            return [(blob, sha256) for blob, sha256 in rows if blob]

    def _ended(self, before: datetime, *conditions: ColumnElement[bool]) -> list[str]:
        query = (
            select(TranscriptionRow.id)
            .join(FileRow, joins_file())
            .where(TranscriptionRow.finished_at < before, *conditions)
            .order_by(TranscriptionRow.number)
        )
        with self._database.reading() as session:
            return list(session.scalars(query))
