"""Words from tokens, and when they were said."""

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.audio import SAMPLE_RATE
from contracts.transcription import Word
from llm.engines.protocol import Samples

WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "bo", "km"})
"""Languages written without spaces: there, each character stands for a word."""

_OPENING = frozenset("\"'“¿([{-«„")
_PUNCTUATION = frozenset(string.punctuation + "“”¿«»„…—–。，！？：、")
_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"

_LEVEL_STEP_S = 0.02
_QUIET_SHARE = 0.25
"""Sound lower than this share of the way, in decibels, from the chunk's quietest moments up
to its loudest is a pause."""

MIN_WORD_S = 0.04

Decode = Callable[[Sequence[int]], str]


@dataclass(slots=True)
class _Group:
    text: str
    first: int
    end: int


def group_into_words(
    tokens: Sequence[int], decode: Decode, language: str
) -> list[tuple[str, int, int]]:
    """Return each word with the positions of its first token and of the one after its last.

    Args:
        tokens: text tokens only.
        decode: text of some tokens.
        language: code; says whether spaces part words.

    Returns:
        Words in order, with their spaces stripped, that hold every token.
    """
    groups: list[_Group] = []
    for piece in _whole_characters(tokens, decode):
        begins = piece.text.startswith(" ") or language in WITHOUT_SPACES
        mark = piece.text.strip()
        if not groups or (begins and not _belongs_to_previous(mark, groups[-1].text)):
            groups.append(piece)
        else:
            groups[-1].text += piece.text
            groups[-1].end = piece.end
    return [(word, g.first, g.end) for g in groups if (word := g.text.strip())]


def _belongs_to_previous(mark: str, previous: str) -> bool:
    """Whether a piece with a space before it is punctuation, or follows an opening sign."""
    closing = bool(mark) and set(mark) <= _PUNCTUATION and not set(mark) <= _OPENING
    return closing or (set(previous.strip()) <= _OPENING)


def _whole_characters(tokens: Sequence[int], decode: Decode) -> list[_Group]:
    """Split tokens where a character ends: a token may hold a part of one."""
    pieces: list[_Group] = []
    first = 0
    for end in range(1, len(tokens) + 1):
        text = decode(tokens[first:end])
        if _INCOMPLETE not in text or end == len(tokens):
            pieces.append(_Group(text.replace(_INCOMPLETE, ""), first, end))
            first = end
    return pieces


def time_words(
    groups: Sequence[tuple[str, int, int]],
    starts: NDArray[np.float64],
    logprobs: Sequence[float],
    samples: Samples,
) -> list[Word]:
    """Give words their times.

    A token lasts until the next begins, so a pause belongs to one of the words beside it:
    what is quiet at a word's edges is taken off.

    Args:
        groups: as from `group_into_words`, positions in the next two.
        starts: shape (n_tokens + 1,), seconds; the last is where the end token begins.
        logprobs: natural log-probability of each token.
        samples: the chunk.

    Returns:
        Words whose times never fall and lie in the chunk; a word's probability is the mean
        of its tokens'.
    """
    duration_s = len(samples) / SAMPLE_RATE
    loud = _is_loud(samples)
    probabilities = np.exp(np.minimum(logprobs, 0.0))
    words: list[Word] = []
    for word, first, end in groups:
        start_s, end_s = _without_quiet(loud, float(starts[first]), float(starts[end]))
        words.append(
            Word(
                word=word,
                start=round(min(start_s, duration_s), 3),
                end=round(min(end_s, duration_s), 3),
                probability=round(float(probabilities[first:end].mean()), 4),
            )
        )
    return words


def _is_loud(samples: Samples) -> NDArray[np.bool_]:
    """Return whether there is sound in each step of 20 ms, shape (n_steps,)."""
    length = int(_LEVEL_STEP_S * SAMPLE_RATE)
    steps = samples[: len(samples) // length * length].reshape(-1, length)
    if not len(steps):
        return np.zeros(0, np.bool_)
    levels = np.log10(np.square(steps).mean(axis=1) + 1e-12)
    quietest, loudest = np.percentile(levels, [5, 95])
    return levels >= quietest + _QUIET_SHARE * (loudest - quietest)


def _without_quiet(loud: NDArray[np.bool_], start_s: float, end_s: float) -> tuple[float, float]:
    first, last = round(start_s / _LEVEL_STEP_S), round(end_s / _LEVEL_STEP_S)
    sounding = np.flatnonzero(loud[first:last])
    if not sounding.size:
        return start_s, end_s
    begins = max(start_s, (first + int(sounding[0])) * _LEVEL_STEP_S)
    ends = min(end_s, (first + int(sounding[-1]) + 1) * _LEVEL_STEP_S)
    return begins, max(ends, min(begins + MIN_WORD_S, end_s))
