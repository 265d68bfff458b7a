"""Store the notes of owners on moments of their recordings."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.errors import JobNotFoundError, WrongStateError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import find_rows
from backend.storage.database.row_writers import padded_lemmas
from backend.storage.database.tables import NoteRow
from contracts.notes import MAX_NOTES, NewNote, Note


class NoteStore:
    """The notes of all jobs, in any state of the job; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def list(self, job_id: str, owner: str) -> list[Note]:
        """Return a job's notes by time.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            row, _ = find_rows(session, job_id, owner)
            return [_to_note(note) for note in _notes_of(session, row.number)]

    @transaction
    def add(self, job_id: str, owner: str, note: NewNote) -> Note:
        """Store a note.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: the job has `MAX_NOTES` notes.
        """
        with self._database.writing() as session:
            job, _ = find_rows(session, job_id, owner, lock=True)
            of_job = NoteRow.transcription_number == job.number
            if (session.scalar(select(func.count()).where(of_job)) or 0) >= MAX_NOTES:
                raise WrongStateError(f"A transcript has at most {MAX_NOTES} notes.")
            row = NoteRow(
                transcription_number=job.number,
                time=note.time,
                text=note.text,
                lemmas=padded_lemmas(note.text),
            )
            session.add(row)
            session.flush()
            return _to_note(row)

    @transaction
    def change(self, job_id: str, owner: str, note_id: int, text: str) -> Note:
        """Replace the text of a note.

        Raises: JobNotFoundError: no job of that owner has the id, or it has no such note.
        """
        with self._database.writing() as session:
            row = _find(session, job_id, owner, note_id)
            row.text, row.lemmas = text, padded_lemmas(text)
            return _to_note(row)

    @transaction
    def remove(self, job_id: str, owner: str, note_id: int) -> None:
        """Delete a note.

        Raises: JobNotFoundError: no job of that owner has the id, or it has no such note.
        """
        with self._database.writing() as session:
            session.delete(_find(session, job_id, owner, note_id))


def copy_notes(session: Session, source: int, target: int) -> None:
    """Give a transcription the notes of another one; both by their numbers."""
    session.add_all(
        NoteRow(transcription_number=target, time=note.time, text=note.text, lemmas=note.lemmas)
        for note in _notes_of(session, source)
    )


def _find(session: Session, job_id: str, owner: str, note_id: int) -> NoteRow:
    job, _ = find_rows(session, job_id, owner, lock=True)
    row = session.get(NoteRow, note_id)
    if row is None or row.transcription_number != job.number:
        raise JobNotFoundError("The transcription has no note with this id.")
    return row


def _notes_of(session: Session, number: int) -> list[NoteRow]:
    query = select(NoteRow).where(NoteRow.transcription_number == number)
    return [*session.scalars(query.order_by(NoteRow.time, NoteRow.id))]


def _to_note(row: NoteRow) -> Note:
    return Note(id=row.id, time=row.time, text=row.text)
