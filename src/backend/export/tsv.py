"""A table with a row a segment, in the columns of openai-whisper's own."""

from backend.export.plain_text import one_line
from backend.export.timecode import to_ms
from contracts.transcription import Transcript

_HEADER = "start\tend\ttext\n"


def to_tsv(transcript: Transcript) -> str:
    """Return start and end in milliseconds, and the text with spaces for tabs and line breaks.

    Nothing is quoted. Source: IANA's registration of `text/tab-separated-values`, by which a
    field holds no tab and no line break, and a quote is a character like any other.
    """
    return _HEADER + "".join(
        f"{to_ms(segment.start)}\t{to_ms(segment.end)}\t{one_line(segment.text)}\n"
        for segment in transcript.segments
    )
