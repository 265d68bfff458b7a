"""The whole transcript, for programs."""

from contracts.transcription import Transcript


def to_json(transcript: Transcript) -> str:
    """Return the transcript as the API gives it, indented."""
    return transcript.model_dump_json(indent=2) + "\n"
