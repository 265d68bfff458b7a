"""Count errors of transcripts, with confidence intervals by bootstrap."""

import re
from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np
from rapidfuzz.distance import Levenshtein

from contracts.evaluation import Figure

_RESAMPLES = 1000
_CONFIDENCE = 95
_SEED = 20
_not_a_word = re.compile(r"[^\w\s]|_")

Counts = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
"""Shape (n_units, 2): errors, and what they are counted in."""


def plain_words(text: str) -> str:
    """Return lower-case words without punctuation; «ё» becomes «е», as in most printed Russian."""
    lowered = text.lower().replace("ё", "е").replace("-", " ")
    return " ".join(_not_a_word.sub(" ", lowered).split())


def count_errors(reference: Sequence[str], transcript: str) -> tuple[Counts, Counts]:
    """Align a transcript with its reference, and count the errors of each part.

    Args:
        reference: texts of the parts, in order.
        transcript: of the whole recording.

    Returns: errors and number of the words, and of the characters, a row for each part.
    """
    parts = [plain_words(text).split() for text in reference]
    found = plain_words(transcript).split()
    ends = _ends_in_transcript([word for part in parts for word in part], found)
    words, characters = np.zeros((2, len(parts), 2))
    begin = 0
    for n, (part, last) in enumerate(zip(parts, accumulate(map(len, parts)), strict=True)):
        spoken = found[begin : ends[last]]
        begin = ends[last]
        words[n] = Levenshtein.distance(part, spoken), len(part)
        text = " ".join(part)
        characters[n] = Levenshtein.distance(text, " ".join(spoken)), len(text)
    return words, characters


def figure_of(counts: Counts, value_of: Callable[[Counts], float]) -> Figure:
    """Return a value of the counts of all units, with its interval."""
    values = [value_of(counts[sample]) for sample in _samples(len(counts))]
    tail = (100 - _CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return Figure(value=value_of(counts), low=float(low), high=float(high))


def percent_wrong(counts: Counts) -> float:
    """Return the errors of all units in percent."""
    errors, total = counts.sum(axis=0)
    return float(100 * errors / max(total, 1))


def surely_more_errors(counts: Counts, others: Counts) -> bool:
    """Whether there are more errors than in other counts in 95 % of resampled sets of the units.

    Args:
        counts: shape (n_units, 2).
        others: of the same units.
    """
    more = [
        percent_wrong(counts[sample]) - percent_wrong(others[sample])
        for sample in _samples(len(counts))
    ]
    return bool(np.percentile(more, 100 - _CONFIDENCE) > 0)


def _samples(n_units: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return indices of units drawn with replacement, the same ones at each call."""
    generator = np.random.default_rng(_SEED)
    return generator.integers(n_units, size=(_RESAMPLES, n_units))


def _ends_in_transcript(spoken: Sequence[str], found: Sequence[str]) -> list[int]:
    """Return how many words of a transcript belong to the first n words of its reference, by n.

    Additional words belong to what is before them; those at the beginning to the first word.
    """
    ends = [0] * (len(spoken) + 1)
    for block in Levenshtein.opcodes(spoken, found):
        for n in range(block.src_start, block.src_end):
            n_before = 0 if block.tag == "delete" else n + 1 - block.src_start
            ends[n + 1] = block.dest_start + n_before
        if block.tag == "insert" and block.src_start:
            ends[block.src_start] = block.dest_end
    ends[-1] = len(found)
    return ends
