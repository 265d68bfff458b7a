"""Tab-separated values with the columns of openai-whisper: a row per segment."""

from backend.export.plain_text import one_line
from backend.export.timecode import to_ms
from contracts.transcription import Transcript

_HEADER = "start\tend\ttext\n"

_FORMULA_STARTS = tuple("=+-@＝＋－＠")
"""A spreadsheet runs a cell that begins with one of them. Source: OWASP, CSV Injection."""


def to_tsv(transcript: Transcript) -> str:
    """Return start and end in milliseconds and the text, with tabs and line breaks as spaces.

    Source: IANA's registration of `text/tab-separated-values`: fields contain no tabs and no
    line breaks, and quotes have no special meaning. An apostrophe before a text that a
    spreadsheet would run as a formula keeps it a text.
    """
    return _HEADER + "".join(
        f"{to_ms(segment.start)}\t{to_ms(segment.end)}\t{_cell(segment.text)}\n"
        for segment in transcript.segments
    )


def _cell(text: str) -> str:
    cell = one_line(text)
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
