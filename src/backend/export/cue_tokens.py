"""Splits a transcript into timed words for subtitles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from backend.export.plain_text import one_line
from backend.export.timecode import to_ms
from contracts.sentences import ends_sentence, leans_forward
from contracts.spacing import separator
from contracts.transcription import Segment, Transcript

MAX_LINE_CHARS = 42
"""Source: Netflix, Timed Text Style Guide; the BBC's limit differs by a character or two."""

_SENTENCE_CONTEXT = 3
"""Words that decide whether a period ends a sentence."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a piece of a word longer than a line; times in milliseconds.

    Attributes:
        space: what stands before it: a space or nothing.
        begins_segment: whether it is the first of its segment.
        leans: whether it belongs to the next token: see `leans_forward`, or is not a whole word.
        ends_sentence: whether it is the last of a sentence.
    """

    text: str
    start_ms: int
    end_ms: int
    space: str
    begins_segment: bool
    leans: bool
    ends_sentence: bool


def tokens_of(transcript: Transcript) -> list[Token]:
    """Return the words of all segments, in order, with ascending times."""
    pieces = [piece for segment in transcript.segments for piece in _pieces_of(segment)]
    tokens: list[Token] = []
    sentence: list[str] = []
    latest_ms = 0
    for number, piece in enumerate(pieces):
        following = pieces[number + 1].text if number + 1 < len(pieces) else None
        sentence = [*sentence[-_SENTENCE_CONTEXT:], piece.text]
        is_end = not piece.is_part and ends_sentence(sentence, following)
        before = " "
        if piece.begins_segment:
            before = separator(pieces[number - 1].text, piece.text) if number else ""
        start_ms = max(to_ms(piece.start_s), latest_ms)
        latest_ms = max(to_ms(piece.end_s), start_ms)
        tokens.append(
            Token(
                text=piece.text,
                start_ms=start_ms,
                end_ms=latest_ms,
                space=before,
                begins_segment=piece.begins_segment,
                leans=piece.is_part
                or (following is not None and leans_forward(sentence, following)),
                ends_sentence=is_end,
            )
        )
        sentence = [] if is_end else sentence
    return tokens


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    start_s: float
    end_s: float
    begins_segment: bool
    is_part: bool


def _pieces_of(segment: Segment) -> Iterator[_Piece]:
    words = one_line(segment.text).split()
    spans = _character_spans(segment, words)
    n_seen = 0
    for word in words:
        for first in range(0, len(word), MAX_LINE_CHARS):
            piece = word[first : first + MAX_LINE_CHARS]
            last = n_seen + len(piece) - 1
            yield _Piece(
                piece,
                start_s=spans[n_seen][0],
                end_s=spans[last][1],
                begins_segment=n_seen == 0,
                is_part=first + len(piece) < len(word),
            )
            n_seen = last + 1


def _character_spans(segment: Segment, words: Sequence[str]) -> list[tuple[float, float]]:
    """Return start and end of each character without spaces, in seconds.

    They follow the times of the spoken words. Words that a correction brought in, and all words
    without times, are spread evenly between their neighbours.
    """
    spoken = ["".join(one_line(word.word).split()) for word in segment.words or []]
    times = [
        (_within(segment, word.start), _within(segment, word.end)) for word in segment.words or []
    ]
    if spoken and "".join(spoken) == "".join(words):
        return [span for text, span in zip(spoken, times, strict=True) for _ in text]
    spans: list[tuple[float, float]] = []
    free_from, n_waiting = segment.start, 0
    matcher = SequenceMatcher(a=spoken, b=words, autojunk=False)
    n_read = 0
    for first_spoken, first, n_same in matcher.get_matching_blocks():  # the last one is empty
        n_waiting += sum(map(len, words[n_read:first]))
        until = times[first_spoken][0] if n_same else segment.end
        spans += _spread(n_waiting, free_from, max(until, free_from))
        n_waiting = 0
        for same in range(n_same):
            spans += [times[first_spoken + same]] * len(words[first + same])
            free_from = times[first_spoken + same][1]
        n_read = first + n_same
    return spans


def _spread(n_chars: int, start_s: float, end_s: float) -> list[tuple[float, float]]:
    step_s = (end_s - start_s) / max(n_chars, 1)
    edges = [start_s + step_s * i for i in range(n_chars)] + [end_s]
    return list(pairwise(edges))


def _within(segment: Segment, time_s: float) -> float:
    return min(max(time_s, segment.start), segment.end)
