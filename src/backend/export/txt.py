"""Running text, in paragraphs."""

from backend.export.paragraphs import paragraphs_of
from backend.export.timecode import stamp
from contracts.transcription import Transcript


def to_txt(transcript: Transcript, *, timestamps: bool) -> str:
    """Return the text, with an empty line at each long pause.

    Args:
        timestamps: write when each paragraph begins.
    """
    text = "\n\n".join(
        f"{stamp(paragraph.start)} {paragraph.text}" if timestamps else paragraph.text
        for paragraph in paragraphs_of(transcript)
    )
    return f"{text}\n" if text else ""
