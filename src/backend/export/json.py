"""JSON: the whole transcript, for programs."""

from contracts.spacing import join_texts
from contracts.transcription import Transcript


def to_json(transcript: Transcript) -> str:
    """Return the transcript as in the API, indented; `text` includes the corrections.

    What remembered voices suggest is left out: it concerns nobody but the owner.
    """
    text = join_texts(segment.text for segment in transcript.segments)
    written = transcript.model_copy(update={"text": text})
    without = {"speakers": {"__all__": {"suggestion"}}}
    return written.model_dump_json(indent=2, exclude=without) + "\n"
