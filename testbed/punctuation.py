"""Score punctuation and capitals, word by word, against a text that has them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_WORD = re.compile(r"[\w-]*\w")
_SENTENCE_ENDS = ".!…"


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
    """Scores of commas, sentence ends, questions and capitals over texts of the same words."""

    n_words: int = 0
    comma: Score = field(default_factory=Score)
    sentence_end: Score = field(default_factory=Score)
    question: Score = field(default_factory=Score)
    capital: Score = field(default_factory=Score)

    def add(self, reference: str, punctuated: Sequence[str]) -> None:
        """Add a text.

        Args:
            reference: with its marks and capitals.
            punctuated: the words of `bare_words(reference)`, with marks and capitals.
        """
        pairs = zip(_marked(reference), _marked(" ".join(punctuated)), strict=True)
        for (mark, is_capital), (found_mark, found_capital) in pairs:
            self.n_words += 1
            _count(self.comma, mark == ",", found_mark == ",")
            _count(self.sentence_end, mark in _SENTENCE_ENDS, found_mark in _SENTENCE_ENDS)
            _count(self.question, mark == "?", found_mark == "?")
            _count(self.capital, is_capital, found_capital)


def bare_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without marks."""
    return [word.lower() for word, _ in marked_words(text)]


def _count(score: Score, expected: bool, found: bool) -> None:
    score.found += expected and found
    score.wrong += found and not expected
    score.missed += expected and not found


def _marked(text: str) -> list[tuple[str, bool]]:
    """Return the mark after each word, and whether the word begins with a capital."""
    return [(mark, word[0].isupper()) for word, mark in marked_words(text)]


def marked_words(text: str) -> Iterator[tuple[str, str]]:
    """Yield each word and the first mark after it; "-" where there is none."""
    found = list(_WORD.finditer(text))
    ends = [*(following.start() for following in found[1:]), len(text)]
    for match, end in zip(found, ends, strict=False):
        between = text[match.end() : end]
        marks = Counter(mark for mark in between if mark in ",.!?…")
        yield match[0], next(iter(marks), "-")
