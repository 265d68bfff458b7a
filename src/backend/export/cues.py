"""Splits segments into subtitle cues that fit on a screen."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from math import ceil

from backend.export.plain_text import one_line
from backend.export.timecode import to_ms
from contracts.transcription import Segment, Transcript

MAX_LINE_CHARS = 42
"""Source: Netflix, Timed Text Style Guide; the BBC's limit differs by a character or two."""

MAX_CUE_LINES = 2
"""Source: Netflix, as above."""

READING_CHARS_PER_S = 17
"""Reading speed. Source: Netflix's guide for Russian."""

MIN_SHOWN_MS = 833
"""Shorter cues flicker. Source: Netflix, as above: five sixths of a second."""


@dataclass(frozen=True)
class Cue:
    """Lines shown together; times in milliseconds, `start_ms < end_ms`."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Token:
    """A word, or a piece of a word longer than a line; times in seconds."""

    text: str
    start: float
    end: float


def cues_of(transcript: Transcript) -> list[Cue]:
    """Return the transcript as cues; a cue spoken too fast to read stays during the pause.

    Returns: cues in order, without overlaps, each longer than 0 ms; at most `MAX_CUE_LINES`
        lines of 1 to `MAX_LINE_CHARS` characters; all words, in order.
    """
    drafts = [draft for segment in transcript.segments for draft in _drafts_of(segment)]
    recording_end_ms = to_ms(transcript.duration_s)
    cues: list[Cue] = []
    shown_until_ms = 0
    for draft, following in zip_longest(drafts, drafts[1:]):
        start = max(draft.start_ms, shown_until_ms)
        free_until_ms = following.start_ms if following else max(draft.end_ms, recording_end_ms)
        read_by_ms = start + _reading_ms(draft)
        shown_until_ms = max(min(max(draft.end_ms, read_by_ms), free_until_ms), start + 1)
        cues.append(Cue(start, shown_until_ms, draft.lines))
    return cues


def _reading_ms(cue: Cue) -> int:
    n_chars = len(" ".join(cue.lines))
    return max(MIN_SHOWN_MS, ceil(n_chars * 1000 / READING_CHARS_PER_S))


def _drafts_of(segment: Segment) -> Iterator[Cue]:
    lines = _balanced_lines(_tokens_of(segment))
    for first in range(0, len(lines), MAX_CUE_LINES):
        shown = lines[first : first + MAX_CUE_LINES]
        yield Cue(
            start_ms=to_ms(shown[0][0].start),
            end_ms=to_ms(shown[-1][-1].end),
            lines=tuple(" ".join(token.text for token in line) for line in shown),
        )


def _tokens_of(segment: Segment) -> list[_Token]:
    words = one_line(segment.text).split()
    spans = _character_spans(segment, "".join(words))
    tokens: list[_Token] = []
    n_seen = 0
    for word in words:
        for first in range(0, len(word), MAX_LINE_CHARS):
            piece = word[first : first + MAX_LINE_CHARS]
            end = n_seen + len(piece)
            tokens.append(_Token(piece, spans[n_seen][0], spans[end - 1][1]))
            n_seen = end
    return tokens


def _character_spans(segment: Segment, characters: str) -> list[tuple[float, float]]:
    """Return start and end of each character without spaces, in seconds.

    They follow the times of the words; they are spread evenly where there are none, or where
    the text was corrected.
    """
    words = segment.words or []
    spoken = ["".join(one_line(word.word).split()) for word in words]
    if words and "".join(spoken) == characters:
        return [
            (_within(segment, word.start), _within(segment, word.end))
            for word, text in zip(words, spoken, strict=True)
            for _ in text
        ]
    n_chars = len(characters)
    step_s = (segment.end - segment.start) / max(n_chars, 1)
    edges = [segment.start + step_s * i for i in range(n_chars)] + [segment.end]
    return list(pairwise(edges))


def _within(segment: Segment, time_s: float) -> float:
    return min(max(time_s, segment.start), segment.end)


def _balanced_lines(tokens: list[_Token]) -> list[list[_Token]]:
    """Return as few lines as possible, of similar lengths."""
    fewest = len(_wrap(tokens, MAX_LINE_CHARS))
    n_chars = sum(len(token.text) for token in tokens)
    widths = range(n_chars // max(fewest, 1), MAX_LINE_CHARS + 1)
    wrapped = (_wrap(tokens, width) for width in widths)
    return next(lines for lines in wrapped if len(lines) <= fewest)


def _wrap(tokens: list[_Token], width: int) -> list[list[_Token]]:
    """Fill lines one after another; a token longer than `width` gets its own line."""
    lines: list[list[_Token]] = []
    n_chars = 0
    for token in tokens:
        n_chars += 1 + len(token.text)
        if not lines or n_chars > width:
            lines.append([])
            n_chars = len(token.text)
        lines[-1].append(token)
    return lines
