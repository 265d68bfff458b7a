"""Words from tokens: a word begins with a space; punctuation goes with its word."""

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.transcription import Word

WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "bo", "km"})
"""Languages written without spaces: there, each character stands for a word."""

_OPENING = frozenset("\"'“¿([{-«„")
_PUNCTUATION = frozenset(string.punctuation + "“”¿«»„…—–。，！？：、")
_INCOMPLETE = "\N{REPLACEMENT CHARACTER}"

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
    probabilities: NDArray[np.float64],
    within: tuple[float, float],
) -> list[Word]:
    """Give words their times.

    Args:
        groups: as from `group_into_words`, positions in the two arrays.
        starts: shape (n_tokens + 1,), seconds; the last is where the end token begins.
        probabilities: shape (n_tokens,).
        within: start and end of the segment, in seconds; no word is outside of it.

    Returns:
        Words whose times never fall; a word's probability is the mean of its tokens'.
    """
    times = np.clip(starts, *within)
    return [
        Word(
            word=word,
            start=round(float(times[first]), 3),
            end=round(float(times[end]), 3),
            probability=round(float(probabilities[first:end].mean()), 4),
        )
        for word, first, end in groups
    ]
