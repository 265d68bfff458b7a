"""Delete rows so that no trace of their content stays in the database."""

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from backend.storage.database.tables import (
    UNFINISHED,
    ChunkTranscriptRow,
    FileRow,
    TranscriptionRow,
)
from backend.storage.database.totals import subtract_deleted


def unfinished_duplicates(session: Session, row: TranscriptionRow) -> list[str]:
    """Return the ids of the unfinished jobs that wait for a job's result, the oldest first."""
    query = select(TranscriptionRow.id).where(
        TranscriptionRow.primary_number == row.number, TranscriptionRow.status.in_(UNFINISHED)
    )
    return list(session.scalars(query.order_by(TranscriptionRow.number)))


def lock_chunk_keys(session: Session, row: TranscriptionRow) -> list[str]:
    """Return the keys of a job's chunk transcripts, and let nobody add one."""
    job = select(TranscriptionRow.number).where(TranscriptionRow.number == row.number)
    session.execute(job.with_for_update())  # stronger than `find_rows`: excludes `ChunkStore.put`
    of_job = ChunkTranscriptRow.transcription_number == row.number
    return list(session.scalars(select(ChunkTranscriptRow.key).where(of_job)))


def delete_job(session: Session, row: TranscriptionRow, file: FileRow) -> str | None:
    """Delete a job's rows; return the blob when no other file refers to it."""
    blob = detach_blob(session, file)
    subtract_deleted(session, row)
    session.execute(delete(TranscriptionRow).where(TranscriptionRow.number == row.number))
    session.execute(delete(FileRow).where(FileRow.id == file.id))
    if session.get_bind().dialect.name == "sqlite":
        # the full-text index only marks deleted entries; rewriting it removes them
        session.execute(text("INSERT INTO segments_fts(segments_fts) VALUES ('optimize')"))
    return blob


def detach_blob(session: Session, file: FileRow) -> str | None:
    """Remove the blob from a file's row; return it when no other file refers to it."""
    if file.blob is None:
        return None
    # locked in one order: of two files that are detached at once, the later one sees it is last
    same = select(FileRow.id).where(FileRow.blob == file.blob).order_by(FileRow.id)
    others = set(session.scalars(same.with_for_update())) - {file.id}
    blob, file.blob = file.blob, None
    session.flush()
    return None if others else blob
