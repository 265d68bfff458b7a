"""Plain text in paragraphs."""

from backend.export.paragraphs import paragraphs_of
from backend.export.timecode import stamp
from contracts.transcription import Transcript


def to_txt(transcript: Transcript, *, timestamps: bool) -> str:
    """Return the text, with an empty line between paragraphs.

    Args:
        timestamps: write the start time before each paragraph.
    """
    text = "\n\n".join(
        f"{stamp(paragraph.start)} {paragraph.text}" if timestamps else paragraph.text
        for paragraph in paragraphs_of(transcript)
    )
    return f"{text}\n" if text else ""
