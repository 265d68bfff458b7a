"""Joins segments into paragraphs, by the rule that the page has as well."""

from dataclasses import dataclass

from backend.export.plain_text import one_line
from contracts.paragraphs import ParagraphRule
from contracts.spacing import join_texts
from contracts.transcription import Transcript


@dataclass(frozen=True)
class Paragraph:
    """Text that belongs together; times in seconds."""

    start: float
    end: float
    text: str


def paragraphs_of(transcript: Transcript) -> list[Paragraph]:
    """Return the transcript as non-empty paragraphs, in order."""
    rule = ParagraphRule()
    paragraphs: list[Paragraph] = []
    for segment in transcript.segments:
        text = one_line(segment.text)
        if not text:
            continue
        if rule.begins(text, segment.start, segment.end, segment.speaker):
            paragraphs.append(Paragraph(segment.start, segment.end, text))
        else:
            last = paragraphs[-1]
            paragraphs[-1] = Paragraph(last.start, segment.end, join_texts([last.text, text]))
    return paragraphs
