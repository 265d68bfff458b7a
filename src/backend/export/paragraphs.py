"""Joins segments into paragraphs, by the rule that the page has as well."""

from dataclasses import dataclass, replace

from backend.export.plain_text import one_line
from contracts.paragraphs import ParagraphRule
from contracts.spacing import join_texts
from contracts.transcription import Transcript


@dataclass(frozen=True)
class Paragraph:
    """Text that belongs together; times in seconds.

    Attributes:
        speaker: id of who says all of it.
    """

    start: float
    end: float
    text: str
    speaker: str | None = None


def paragraphs_of(transcript: Transcript) -> list[Paragraph]:
    """Return the transcript as non-empty paragraphs, in order."""
    rule = ParagraphRule()
    paragraphs: list[Paragraph] = []
    for segment in transcript.segments:
        text = one_line(segment.text)
        if not text:
            continue
        if rule.begins(text, segment.start, segment.end, segment.speaker):
            paragraphs.append(Paragraph(segment.start, segment.end, text, segment.speaker))
        else:
            joined = join_texts([paragraphs[-1].text, text])
            paragraphs[-1] = replace(paragraphs[-1], end=segment.end, text=joined)
    return paragraphs
