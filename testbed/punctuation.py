"""Score punctuation and capitals, word by word, against a text that has them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest

import jiwer

_WORD = re.compile(r"[\w-]*\w")
_MARK = re.compile("[,.!?…]")
_SENTENCE_ENDS = ".!…"

MarkedWord = tuple[str, str]
"""A word, and the first mark after it; "-" where there is none."""

_NONE: MarkedWord = ("-", "-")


@dataclass
class Score:
    """Right, wrong and missing places of one kind."""

    found: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall; 0 without any place."""
        return 2 * self.found / max(1, 2 * self.found + self.wrong + self.missed)


@dataclass
class PunctuationScores:
    """Scores of commas, sentence ends, questions and capitals; a missing word misses its own."""

    n_words: int = 0
    comma: Score = field(default_factory=Score)
    sentence_end: Score = field(default_factory=Score)
    question: Score = field(default_factory=Score)
    capital: Score = field(default_factory=Score)

    def add(self, reference: str, written: str) -> None:
        """Add a text.

        Args:
            reference: with its marks and capitals.
            written: the same or nearly the same words, with marks and capitals.
        """
        for expected, found in paired_words(reference, written):
            self.n_words += expected is not None
            word, mark = expected or _NONE
            found_word, found_mark = found or _NONE
            _count(self.comma, mark == ",", found_mark == ",")
            _count(self.sentence_end, mark in _SENTENCE_ENDS, found_mark in _SENTENCE_ENDS)
            _count(self.question, mark == "?", found_mark == "?")
            _count(self.capital, word[0].isupper(), found_word[0].isupper())


def bare_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without marks."""
    return [word.lower() for word, _ in marked_words(text)]


def _count(score: Score, expected: bool, found: bool) -> None:
    score.found += expected and found
    score.wrong += found and not expected
    score.missed += expected and not found


def paired_words(
    reference: str, written: str
) -> Iterator[tuple[MarkedWord | None, MarkedWord | None]]:
    """Yield the words of two texts in pairs; None where the other text has no word in its place."""
    expected, found = (list(marked_words(text)) for text in (reference, written))
    if not expected or not found:
        yield from zip_longest(expected, found)
        return
    pieces = jiwer.process_words(_plain(expected), _plain(found)).alignments[0]
    for piece in pieces:
        yield from zip_longest(
            expected[piece.ref_start_idx : piece.ref_end_idx],
            found[piece.hyp_start_idx : piece.hyp_end_idx],
        )


def marked_words(text: str) -> Iterator[MarkedWord]:
    """Yield each word and the first mark after it; "-" where there is none."""
    found = list(_WORD.finditer(text))
    ends = [*(following.start() for following in found[1:]), len(text)]
    for match, end in zip(found, ends, strict=False):
        marks = _MARK.findall(text, match.end(), end)
        yield match[0], next(iter(marks), "-")


def _plain(words: list[MarkedWord]) -> str:
    return " ".join(word.lower().replace("ё", "е") for word, _ in words)
