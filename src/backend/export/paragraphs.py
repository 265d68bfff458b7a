"""Joins segments into paragraphs, which begin after pauses."""

from dataclasses import dataclass

from backend.export.plain_text import one_line
from contracts.spacing import join_texts
from contracts.transcription import Transcript

PARAGRAPH_PAUSE_S = 2.0
"""Seconds of silence before a new paragraph; pauses between sentences are shorter."""

SENTENCE_PAUSE_S = 0.5
"""Seconds of silence before a new paragraph, after a long one."""

LONG_PARAGRAPH_CHARS = 800
"""Half a printed page; a longer paragraph ends at the next short pause."""


@dataclass(frozen=True)
class Paragraph:
    """Text spoken without a long pause; times in seconds."""

    start: float
    end: float
    text: str


def paragraphs_of(transcript: Transcript) -> list[Paragraph]:
    """Return the transcript as non-empty paragraphs, in order."""
    paragraphs: list[Paragraph] = []
    for segment in transcript.segments:
        text = one_line(segment.text)
        if not text:
            continue
        last = paragraphs[-1] if paragraphs else None
        if last is None or segment.start - last.end >= _pause_that_ends(last):
            paragraphs.append(Paragraph(segment.start, segment.end, text))
        else:
            paragraphs[-1] = Paragraph(last.start, segment.end, join_texts([last.text, text]))
    return paragraphs


def _pause_that_ends(paragraph: Paragraph) -> float:
    is_long = len(paragraph.text) >= LONG_PARAGRAPH_CHARS
    return SENTENCE_PAUSE_S if is_long else PARAGRAPH_PAUSE_S
