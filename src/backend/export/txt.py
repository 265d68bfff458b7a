"""Running text, in paragraphs."""

from backend.export.plain_text import one_line
from contracts.transcription import Segment, Transcript

PARAGRAPH_PAUSE_S = 2.0
"""Seconds of silence that begin a paragraph: longer than the pause between two sentences."""


def to_txt(transcript: Transcript) -> str:
    """Return the text, with an empty line at each long pause."""
    paragraphs: list[list[str]] = []
    previous: Segment | None = None
    for segment in transcript.segments:
        text = one_line(segment.text)
        if not text:
            continue
        if previous is None or segment.start - previous.end >= PARAGRAPH_PAUSE_S:
            paragraphs.append([])
        paragraphs[-1].append(text)
        previous = segment
    text = "\n\n".join(" ".join(lines) for lines in paragraphs)
    return f"{text}\n" if text else ""
