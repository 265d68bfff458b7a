"""Removes rows so that nothing of them is left."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from backend.storage.database.tables import ChunkTranscriptRow, FileRow, TranscriptionRow


@dataclass(frozen=True)
class Leftovers:
    """What of a deleted job is not in the database, and has to be removed too.

    Attributes:
        blob: the recording; None when another job has it, or it was dropped.
        chunk_keys: of its chunks' answers, which may be in a cache.
    """

    blob: Path | None
    chunk_keys: list[str]


def take_chunk_keys(session: Session, row: TranscriptionRow) -> list[str]:
    """Return the keys of all answers that a job has; none is added to it any more."""
    job = select(TranscriptionRow.number).where(TranscriptionRow.number == row.number)
    session.execute(job.with_for_update())  # a stronger lock than ours: it waits for `put`
    mine = ChunkTranscriptRow.transcription_number == row.number
    return list(session.scalars(select(ChunkTranscriptRow.key).where(mine)))


def delete_job(session: Session, row: TranscriptionRow, file: FileRow) -> str | None:
    """Delete a job's rows; return the blob that nobody has any more."""
    blob = take_blob(session, file)
    session.execute(delete(TranscriptionRow).where(TranscriptionRow.number == row.number))
    session.execute(delete(FileRow).where(FileRow.id == file.id))
    if session.get_bind().dialect.name == "sqlite":
        # the index only marks what is deleted; written anew, it holds none of it
        session.execute(text("INSERT INTO segments_fts(segments_fts) VALUES ('optimize')"))
    return blob


def take_blob(session: Session, file: FileRow) -> str | None:
    """Take the blob from a file; return it unless another file has it too."""
    if file.blob is None:
        return None
    # locked in one order: of two that are taken at once, the later one sees that it is the last
    same = select(FileRow.id).where(FileRow.blob == file.blob).order_by(FileRow.id)
    holders = set(session.scalars(same.with_for_update())) - {file.id}
    blob, file.blob = file.blob, None
    session.flush()
    return None if holders else blob
