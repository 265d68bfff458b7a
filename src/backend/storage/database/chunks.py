"""Store chunk transcripts, so that no chunk is transcribed twice."""

from sqlalchemy import Insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backend.storage.database.engine import Database, transaction
from backend.storage.database.tables import ChunkTranscriptRow, TranscriptionRow
from contracts.transcription import RecognizedChunk


class ChunkStore:
    """Chunk transcripts by owner and key; each is deleted with the job that asked for it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def get(self, owner: str, key: str) -> RecognizedChunk | None:
        """Return the transcript of a chunk; None: there is none.

        Args:
            key: see `backend.transcription.cache_keys.chunk_key`.
        """
        query = select(ChunkTranscriptRow.transcript).where(
            ChunkTranscriptRow.owner == owner, ChunkTranscriptRow.key == key
        )
        with self._database.reading() as session:
            return session.scalar(query)

    @transaction
    def put(self, owner: str, key: str, job_id: str, transcript: RecognizedChunk) -> bool:
        """Store or replace a transcript; return False if the job was deleted."""
        with self._database.writing() as session:
            job = select(TranscriptionRow.number).where(TranscriptionRow.id == job_id)
            number = session.scalar(job.with_for_update(read=True, key_share=True))
            if number is not None:
                session.execute(_upsert(session, owner, key, number, transcript))
            return number is not None


def _upsert(
    session: Session, owner: str, key: str, number: int, transcript: RecognizedChunk
) -> Insert:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(ChunkTranscriptRow)
    content = {"transcription_number": number, "transcript": transcript}
    return insert.values(owner=owner, key=key, **content).on_conflict_do_update(
        index_elements=["owner", "key"], set_=content
    )
