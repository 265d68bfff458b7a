"""Tab-separated values with the columns of openai-whisper: a row per segment."""

from collections.abc import Callable

from backend.export.plain_text import one_line
from backend.export.speaker_names import SpeakerNames
from backend.export.timecode import timecode, to_ms
from contracts.transcription import Transcript

_COLUMNS = ["start", "end", "text"]
_SPEAKER_COLUMN = 2

_FORMULA_STARTS = tuple("=+-@＝＋－＠")
"""A spreadsheet runs a cell that begins with one of them. Source: OWASP, CSV Injection."""


_BYTE_ORDER_MARK = "\ufeff"
"""Spreadsheets read UTF-8 as an 8-bit encoding without it."""


def to_tsv(transcript: Transcript) -> str:
    """Return start and end in milliseconds and the text, as programs expect them."""
    return _table(transcript, str, {})


def to_spreadsheet_tsv(transcript: Transcript, names: SpeakerNames) -> str:
    """Return start and end as `HH:MM:SS.mmm`, the speaker if there are names, and the text."""
    return _BYTE_ORDER_MARK + _table(transcript, lambda time_ms: timecode(time_ms, "."), names)


def _table(transcript: Transcript, format_ms: Callable[[int], str], names: SpeakerNames) -> str:
    """Return the rows, with tabs and line breaks in the text as spaces.

    Source: IANA's registration of `text/tab-separated-values`: fields contain no tabs and no
    line breaks, and quotes have no special meaning. An apostrophe before a text that a
    spreadsheet would run as a formula keeps it a text.
    """
    rows = [_COLUMNS.copy()] + [
        [format_ms(to_ms(segment.start)), format_ms(to_ms(segment.end)), _cell(segment.text)]
        for segment in transcript.segments
    ]
    if names:
        said_by = (names.get(segment.speaker or "", "") for segment in transcript.segments)
        for row, cell in zip(rows, ["speaker", *map(_cell, said_by)], strict=True):
            row.insert(_SPEAKER_COLUMN, cell)
    return "".join("\t".join(row) + "\n" for row in rows)


def _cell(text: str) -> str:
    cell = one_line(text)
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
