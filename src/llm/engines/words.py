"""Group tokens into words, and compute the times of the words."""

import string
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from contracts.audio import SAMPLE_RATE
from contracts.spacing import is_wordless_script, separator
from contracts.transcription import Word
from llm.engines.protocol import Samples

_OPENING = frozenset("\"'“¿([{-«„")
_PUNCTUATION = frozenset(string.punctuation + "“”¿«»„…—–。，！？：、")
_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"

LEVEL_STEP_S = 0.02
"""Seconds of a step of `loud_steps`."""

_QUIET_SHARE = 0.25
"""A step is a pause if its level in decibels is in this lowest part of the chunk's range."""

MIN_WORD_S = 0.04

Decode = Callable[[Sequence[int]], str]


@dataclass(slots=True)
class _Group:
    text: str
    first: int
    end: int


def group_into_words(tokens: Sequence[int], decode: Decode) -> list[tuple[str, int, int]]:
    """Return the words, each with the positions of its first token and after its last token.

    Args:
        tokens: text tokens only.
        decode: converts tokens to text.

    Returns:
        Words in order, which together contain every token; those that the model put a space
        before keep it. Each character of a script without spaces is a word.
    """
    groups: list[_Group] = []
    for piece in _whole_characters(tokens, decode):
        if not groups or _begins_word(piece.text, groups[-1].text):
            groups.append(piece)
        else:
            groups[-1].text += piece.text
            groups[-1].end = piece.end
    return [(g.text.rstrip(), g.first, g.end) for g in groups if g.text.strip()]


def join_words(words: Sequence[Word]) -> str:
    """Return the text of words from `group_into_words`.

    A space stands where the model wrote it, but not between Chinese or Japanese characters.
    """
    text = ""
    for word in words:
        stripped = word.word.strip()
        text += (separator(text, stripped) if word.word.startswith(" ") else "") + stripped
    return text


def _begins_word(piece: str, previous: str) -> bool:
    mark = piece.strip()
    if not mark:
        return piece.startswith(" ")
    after_space = piece.startswith(" ")
    at_wordless_script = not after_space and (
        is_wordless_script(previous[-1:]) or is_wordless_script(mark)
    )
    is_combining = unicodedata.category(mark[0]).startswith("M")
    return (
        (after_space or at_wordless_script)
        and not is_combining
        and not _joins_previous(mark, previous)
    )


def _joins_previous(mark: str, previous: str) -> bool:
    """Whether a piece is punctuation, or follows an opening bracket or quote."""
    closing = bool(mark) and set(mark) <= _PUNCTUATION and not set(mark) <= _OPENING
    return closing or (set(previous.strip()) <= _OPENING)


def _whole_characters(tokens: Sequence[int], decode: Decode) -> list[_Group]:
    """Split tokens at character boundaries, since a token may contain part of a character."""
    pieces: list[_Group] = []
    first = 0
    for end in range(1, len(tokens) + 1):
        text = decode(tokens[first:end])
        if _INCOMPLETE not in text or end == len(tokens):
            pieces.append(_Group(text.replace(_INCOMPLETE, ""), first, end))
            first = end
    return pieces


def logprobs_of_letters(
    tokens: Sequence[int], logprobs: Sequence[float], decode: Decode
) -> list[float]:
    """Return the log-probabilities of tokens, 0 for marks.

    Whether a comma follows says nothing of the word before it.
    """
    return [
        logprob if set(decode([token]).strip()) - _PUNCTUATION else 0.0
        for token, logprob in zip(tokens, logprobs, strict=True)
    ]


def time_words(
    groups: Sequence[tuple[str, int, int]],
    starts: NDArray[np.float64],
    logprobs: Sequence[float],
    samples: Samples,
) -> list[Word]:
    """Return the words with their times.

    A token lasts until the next one starts, so a pause belongs to one of its neighbours. Quiet
    edges of words are therefore trimmed.

    Args:
        groups: from `group_into_words`; their positions index the next two arguments.
        starts: seconds, shape (n_tokens + 1,); the last is the start of the end token.
        logprobs: natural log-probability of each token, 0 for marks.
        samples: the chunk.

    Returns:
        Words with ascending times within the chunk; the probability of a word is that of all its
        tokens, one after another.
    """
    duration_s = len(samples) / SAMPLE_RATE
    loud = loud_steps(samples)
    words: list[Word] = []
    for word, first, end in groups:
        start_s, end_s = _trim_quiet_edges(loud, float(starts[first]), float(starts[end]))
        words.append(
            Word(
                word=word,
                start=round(min(start_s, duration_s), 3),
                end=round(min(end_s, duration_s), 3),
                probability=round(min(1.0, exp(sum(logprobs[first:end]))), 4),
            )
        )
    return words


def loud_steps(samples: Samples) -> NDArray[np.bool_]:
    """Return whether each step of 20 ms is louder than a pause, shape (n_steps,)."""
    length = int(LEVEL_STEP_S * SAMPLE_RATE)
    steps = samples[: len(samples) // length * length].reshape(-1, length)
    if not len(steps):
        return np.zeros(0, np.bool_)
    levels = np.log10(np.square(steps).mean(axis=1) + 1e-12)
    quietest, loudest = np.percentile(levels, [5, 95])
    return levels >= quietest + _QUIET_SHARE * (loudest - quietest)


def _trim_quiet_edges(loud: NDArray[np.bool_], start_s: float, end_s: float) -> tuple[float, float]:
    first, last = round(start_s / LEVEL_STEP_S), round(end_s / LEVEL_STEP_S)
    loud_steps = np.flatnonzero(loud[first:last])
    if not loud_steps.size:
        return start_s, end_s
    begins = max(start_s, (first + int(loud_steps[0])) * LEVEL_STEP_S)
    ends = min(end_s, (first + int(loud_steps[-1]) + 1) * LEVEL_STEP_S)
    return begins, max(ends, min(begins + MIN_WORD_S, end_s))
