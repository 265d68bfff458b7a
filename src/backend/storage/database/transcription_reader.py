"""What can be asked of a job."""

from operator import itemgetter
from pathlib import Path

from sqlalchemy import func, select

from backend.errors import JobNotFoundError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.queue import audio_left
from backend.storage.database.reading import (
    changes_since,
    find_rows,
    jobs_of,
    maker_of,
    segments_of,
    transcript_of,
)
from backend.storage.database.speed import median_speed
from backend.storage.database.tables import UNFINISHED, FileRow, TranscriptionRow
from contracts.jobs import Job, JobStatus
from contracts.recordings import Waveform
from contracts.transcription import Segment


class TranscriptionReader:
    """Reads jobs; every method is one transaction, and None stands for any owner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def find(self, job_id: str, owner: str | None = None, *, with_result: bool = True) -> Job:
        """Return a job as it is now; one that follows another shows how far that one is.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            row, file = find_rows(session, job_id, owner)
            (job,) = jobs_of(session, [(row, file)])
            if with_result:
                job.result = transcript_of(session, maker_of(session, row))
            return job

    @transaction
    def status(self, job_id: str) -> JobStatus:
        """Return a job's status, or raise JobNotFoundError."""
        query = select(TranscriptionRow.status).where(TranscriptionRow.id == job_id)
        with self._database.reading() as session:
            status = session.scalar(query)
        if status is None:
            raise JobNotFoundError("There is no transcription with this id.")
        return status

    @transaction
    def n_waiting(self) -> int:
        """Return how many jobs of all owners wait their turn."""
        query = select(func.count()).where(TranscriptionRow.status == JobStatus.QUEUED)
        with self._database.reading() as session:
            return session.scalar(query) or 0

    @transaction
    def unfinished(self) -> list[str]:
        """Return the ids of all jobs that are not final, the oldest first."""
        query = select(TranscriptionRow.id).where(TranscriptionRow.status.in_(UNFINISHED))
        with self._database.reading() as session:
            return list(session.scalars(query.order_by(TranscriptionRow.number)))

    @transaction
    def blob(self, job_id: str, owner: str | None = None) -> Path | None:
        """Return where the recording lies; None when the audio was dropped.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            _, file = find_rows(session, job_id, owner)
            return self._database.blob_path(file.blob) if file.blob else None

    @transaction
    def waveform(self, job_id: str, owner: str | None = None) -> Waveform | None:
        """Return how the recording looks; None while it is not decoded.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            _, file = find_rows(session, job_id, owner)
            return file.waveform

    @transaction
    def owner(self, job_id: str) -> str:
        """Return whose job it is, or raise JobNotFoundError."""
        with self._database.reading() as session:
            return find_rows(session, job_id)[0].owner

    @transaction
    def revision(self, job_id: str, owner: str | None = None) -> int:
        """Return a number that grows with each change of a job that has ended.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            return find_rows(session, job_id, owner)[0].revision

    @transaction
    def known_audio(self, owner: str, sha256: str) -> str | None:
        """Return the hash of the decoded audio, if the owner sent the same file before."""
        query = select(FileRow.audio_sha256).where(
            FileRow.owner == owner, FileRow.sha256 == sha256, FileRow.audio_sha256.is_not(None)
        )
        with self._database.reading() as session:
            return session.scalar(query.limit(1))

    @transaction
    def same_blob(self, owner: str, sha256: str) -> Path | None:
        """Return where a file lies that the owner sent before, if it is still kept."""
        query = select(FileRow.blob).where(
            FileRow.owner == owner, FileRow.sha256 == sha256, FileRow.blob.is_not(None)
        )
        with self._database.reading() as session:
            blob = session.scalar(query.limit(1))
        return self._database.blob_path(blob) if blob else None

    @transaction
    def joined_to(self, job_id: str) -> str | None:
        """Return the job that makes this one's result, unless it does so itself.

        Raises: JobNotFoundError: no job has the id.
        """
        with self._database.reading() as session:
            row, _ = find_rows(session, job_id)
            maker = maker_of(session, row)
            return None if maker is row else maker.id

    @transaction
    def followers(self, job_id: str) -> list[str]:
        """Return the unfinished jobs that joined one, the oldest first; none once it is deleted."""
        maker = select(TranscriptionRow.number).where(TranscriptionRow.id == job_id)
        query = select(TranscriptionRow.id).where(
            TranscriptionRow.joined_to == maker.scalar_subquery(),
            TranscriptionRow.status.in_(UNFINISHED),
        )
        with self._database.reading() as session:
            return list(session.scalars(query.order_by(TranscriptionRow.number)))

    @transaction
    def segments_since(self, job_id: str, change: int) -> list[tuple[int, Segment]]:
        """Return the segments that came, or were written anew, after a change.

        Args:
            change: the number of the last one known; 0: all.

        Returns: them, each after the number of its change, in the order of these.
        Raises: JobNotFoundError: no job has the id.
        """
        with self._database.reading() as session:
            row, _ = find_rows(session, job_id)
            number = maker_of(session, row).number
            changes = changes_since(session, number, change)
            if not changes:
                return []
            segments = segments_of(session, number, min(changes), max(changes))
        found = [(changes[each.index], each) for each in segments if each.index in changes]
        return sorted(found, key=itemgetter(0))

    @transaction
    def audio_left(self, duration_s: float) -> tuple[float, float]:
        """Return the seconds of audio to be transcribed yet; see `queue.audio_left`."""
        with self._database.reading() as session:
            return audio_left(session, duration_s)

    @transaction
    def recent_speed(self, model_name: str) -> float | None:
        """Return processing seconds per second of audio, the median of the last jobs.

        Returns: None while there are none of this model.
        """
        with self._database.reading() as session:
            return median_speed(session, model_name)
