"""Tab-separated values with the columns of openai-whisper: a row per segment."""

from backend.export.plain_text import one_line
from backend.export.timecode import to_ms
from contracts.transcription import Transcript

_HEADER = "start\tend\ttext\n"


def to_tsv(transcript: Transcript) -> str:
    """Return start and end in milliseconds and the text, with tabs and line breaks as spaces.

    Source: IANA's registration of `text/tab-separated-values`: fields contain no tabs and no
    line breaks, and quotes have no special meaning.
    """
    return _HEADER + "".join(
        f"{to_ms(segment.start)}\t{to_ms(segment.end)}\t{one_line(segment.text)}\n"
        for segment in transcript.segments
    )
