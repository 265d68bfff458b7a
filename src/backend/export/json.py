"""The whole transcript, for programs."""

from contracts.transcription import Transcript


def to_json(transcript: Transcript) -> str:
    """Return the transcript as the API gives it, indented; its text is that of the segments."""
    text = " ".join(segment.text for segment in transcript.segments)
    return transcript.model_copy(update={"text": text}).model_dump_json(indent=2) + "\n"
