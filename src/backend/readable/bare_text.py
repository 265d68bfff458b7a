"""Find the words of stored transcripts that have neither marks nor capitals."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby

from backend.readable.punctuation import lacks_punctuation
from backend.readable.text import as_recognised
from contracts.transcription import Segment, Word

MAX_RUN_S = 28.0
"""Longest run: with the sound around it, it fits into the 30 s that the llm takes at once."""


def is_mostly_bare(segments: Sequence[Segment]) -> bool:
    """Whether most of the recognised words were written without marks and capitals.

    A model that writes them leaves only a phrase inside a long sentence without any.
    """
    words = [segment.words or [] for segment in as_recognised(segments)]
    return 2 * sum(len(each) for each in words if lacks_punctuation(each)) > sum(map(len, words))


def bare_runs(segments: Sequence[Segment]) -> list[list[Word]]:
    """Return the recognised words without marks and capitals, in runs of one speech each.

    Words of segments that overlap, as those of several channels do, are in different runs.

    Returns: runs of at most `MAX_RUN_S`, unless one is a single word.
    """
    runs: list[list[Word]] = []
    words = [segment.words or [] for segment in as_recognised(segments)]
    for is_bare, group in groupby(words, key=lacks_punctuation):
        if is_bare:
            runs += _joined([piece for each in group for piece in _pieces(each)])
    return runs


def _joined(pieces: Sequence[Sequence[Word]]) -> list[list[Word]]:
    """Join consecutive pieces for as long as they follow one another and are short enough."""
    runs: list[list[Word]] = []
    for piece in pieces:
        follows = bool(runs) and piece[0].start >= runs[-1][-1].end
        if follows and _length_s([*runs[-1], *piece]) <= MAX_RUN_S:
            runs[-1] += piece
        else:
            runs.append([*piece])
    return runs


def _pieces(words: Sequence[Word]) -> list[Sequence[Word]]:
    """Divide words that are too long, each time in the widest pause of those that fit."""
    pieces: list[Sequence[Word]] = []
    first, last = 0, len(words) - 1
    while first < last and words[last].end - words[first].start > MAX_RUN_S:
        latest_end = words[first].start + MAX_RUN_S
        n_fit = bisect_right(words, latest_end, first, key=lambda word: word.end)
        cuts = range(first + 1, max(first + 1, n_fit) + 1)
        cut = max(cuts, key=lambda n: words[n].start - words[n - 1].end)
        pieces.append(words[first:cut])
        first = cut
    return [*pieces, words[first:]]


def _length_s(words: Sequence[Word]) -> float:
    return words[-1].end - words[0].start
