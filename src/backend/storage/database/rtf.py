"""Measure the real-time factor of recent jobs."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.storage.database.row_mappers import joins_file
from backend.storage.database.tables import ChunkTranscriptRow, FileRow, TranscriptionRow

_RECENT_CHUNKS = 100
"""Chunks that count: some 40 minutes of audio are enough to be steady and follow changes."""

_SHORTEST_S = 30.0
"""Recordings up to this length do not fill a window of the model, which costs the same."""


def recent_rtf(session: Session, model_name: str) -> float | None:
    """Return a model's inference seconds per second of audio, over its recent chunks.

    The time for which chunks waited does not count, and a long recording counts for more than a
    short one.

    Returns: None while the model has transcribed no recording of more than 30 seconds.
    """
    query = (
        select(ChunkTranscriptRow.transcript)
        .join(TranscriptionRow, ChunkTranscriptRow.transcription_number == TranscriptionRow.number)
        .join(FileRow, joins_file())
        .where(TranscriptionRow.model_name == model_name, FileRow.duration_s > _SHORTEST_S)
        .order_by(TranscriptionRow.number.desc())
        .limit(_RECENT_CHUNKS)
    )
    chunks = [chunk for chunk in session.scalars(query) if chunk.model.name == model_name]
    audio_s = sum(chunk.duration_s for chunk in chunks)
    inference_s = sum(each.timings.inference_s / each.timings.batch_size for each in chunks)
    return inference_s / audio_s if audio_s else None
