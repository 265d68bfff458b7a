"""JSON: the whole transcript, for programs."""

from contracts.spacing import join_texts
from contracts.transcription import Transcript


def to_json(transcript: Transcript) -> str:
    """Return the transcript as in the API, indented; `text` includes the corrections."""
    text = join_texts(segment.text for segment in transcript.segments)
    return transcript.model_copy(update={"text": text}).model_dump_json(indent=2) + "\n"
