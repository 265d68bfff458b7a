"""Running text, in paragraphs."""

from backend.export.paragraphs import paragraphs_of
from contracts.transcription import Transcript


def to_txt(transcript: Transcript) -> str:
    """Return the text, with an empty line at each long pause."""
    text = "\n\n".join(paragraph.text for paragraph in paragraphs_of(transcript))
    return f"{text}\n" if text else ""
