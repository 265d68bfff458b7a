"""Segments cut into pieces that fit on a screen, each with its own time."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from math import ceil

from backend.export.plain_text import one_line
from backend.export.timecode import to_ms
from contracts.transcription import Segment, Transcript

MAX_LINE_CHARS = 42
"""Source: Netflix's Timed Text Style Guide, and the BBC's within a character or two."""

MAX_CUE_LINES = 2
"""Source: the same."""

READING_CHARS_PER_S = 17
"""Characters a reader takes in in a second. Source: Netflix's guide for Russian."""

MIN_SHOWN_MS = 833
"""A shorter cue is a flicker. Source: the same: five sixths of a second."""


@dataclass(frozen=True)
class Cue:
    """Lines that are shown together; times in milliseconds, `start_ms < end_ms`."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Token:
    """A word, or a piece of one that is longer than a line; times in seconds."""

    text: str
    start: float
    end: float


def cues_of(transcript: Transcript) -> list[Cue]:
    """Return the transcript as cues; one that is said too fast to be read stays in the pause.

    Returns: in order, never overlapping, none of no length; lines of 1 to `MAX_LINE_CHARS`
        characters, at most `MAX_CUE_LINES` a cue; all the words, in their order.
    """
    drafts = [draft for segment in transcript.segments for draft in _drafts_of(segment)]
    recording_end_ms = to_ms(transcript.duration_s)
    cues: list[Cue] = []
    shown_until = 0
    for draft, following in zip_longest(drafts, drafts[1:]):
        start = max(draft.start_ms, shown_until)
        room_until = following.start_ms if following else max(draft.end_ms, recording_end_ms)
        read_by = start + _reading_ms(draft)
        shown_until = max(min(max(draft.end_ms, read_by), room_until), start + 1)
        cues.append(Cue(start, shown_until, draft.lines))
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
    """Return start and end of each character, spaces left out, in seconds.

    By the words' times; in proportion where there are none, or where they belong to a text
    that has been corrected since.
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
    """Return lines of about one length, as few as can be."""
    fewest = len(_wrap(tokens, MAX_LINE_CHARS))
    n_chars = sum(len(token.text) for token in tokens)
    widths = range(n_chars // max(fewest, 1), MAX_LINE_CHARS + 1)
    wrapped = (_wrap(tokens, width) for width in widths)
    return next(lines for lines in wrapped if len(lines) <= fewest)


def _wrap(tokens: list[_Token], width: int) -> list[list[_Token]]:
    """Fill lines one after another; a token wider than `width` has a line of its own."""
    lines: list[list[_Token]] = []
    n_chars = 0
    for token in tokens:
        n_chars += 1 + len(token.text)
        if not lines or n_chars > width:
            lines.append([])
            n_chars = len(token.text)
        lines[-1].append(token)
    return lines
