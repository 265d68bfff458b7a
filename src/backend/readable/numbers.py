"""Write spoken numbers, dates, times and amounts in digits (inverse text normalisation).

The grammars are those of `damga`. What they get wrong in Russian is repaired or left in words here.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import Protocol

from damga import InverseNormalizer

from backend.readable.step import Step, merged, split_marks
from contracts.transcription import Word

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

_is_numeral = re.compile(r".*\d.*|[IVXLC]+\S*").fullmatch

_YEARS_IN_GENITIVE = re.compile(
    r"\bдвух тысяч(?= (?:\w+ )?\w+(?:ого|его|ому|ему|ом|ем|ым|им|ый|ий|ая)\b)"
)
"""«до двух тысяч пятнадцатого года»: the grammar knows the year as «две тысячи пятнадцатого»."""

_MINUS = re.compile(r"^-(?=\d)")
_WHOLE_HOUR = re.compile(r"\b(\d{1,2}) ноль ноль\b")

_IN_WORDS = re.compile(
    r"\bбез (?:одной|двух|трех|четырех|пяти|десяти|двадцати(?: пяти)?|четверти) \w+"
    r"|\b(?:тысяча|тысячи|тысячу|сто) и (?:один|одна|одну|одной)\b"
    r"|\b\w+ (?:четверти|четвертых|трети|третьих)\b"
    r"|\bноль \w+\b(?! целых)(?= *$)"
)
"""Phrases that are written in words: «без пяти семь», «тысяча и одна ночь», «три четверти»."""


class _Normalizer(Protocol):
    def normalize(self, text: str) -> str: ...


def numbers_step(language: str) -> Step | None:
    """Return the step for a language (an ISO 639-1 code); None where there is no grammar."""
    normalizer = _normalizer(language)
    return None if normalizer is None else _Digits(normalizer)


@cache
def _normalizer(language: str) -> _Normalizer | None:
    """Load a grammar: 0.2 s, then about 2 ms per sentence."""
    if language == "ru":
        return InverseNormalizer(lang="ru")
    if language == "en":
        return InverseNormalizer(lang="en")
    return None


class _Digits:
    """Rewrites the numbers in each run of words that no mark divides."""

    def __init__(self, normalizer: _Normalizer) -> None:
        self._normalizer = normalizer

    def __call__(self, words: Sequence[Word]) -> list[Word]:
        """Return the words with numbers in digits; see `Step`."""
        return [word for run in _runs(words) for word in self._rewrite(run)]

    def _rewrite(self, words: Sequence[Word]) -> Iterator[Word]:
        parts = [split_marks(word.word) for word in words]
        spoken = [core.replace("ё", "е") for _, core, _ in parts]
        protected = _protected(spoken)
        for is_equal, first, end, rewritten in _blocks(spoken, self._normalize(spoken)):
            is_number = any(map(_is_numeral, rewritten)) and first < end
            if is_equal or not is_number or protected & set(range(first, end)):
                yield from words[first:end]
            else:
                opening, closing = parts[first][0], parts[end - 1][2]
                text = NO_BREAK_SPACE.join(_MINUS.sub("\N{MINUS SIGN}", one) for one in rewritten)
                if text.endswith("."):  # "7:30 p.m."
                    closing = closing.removeprefix(".")
                yield merged(words[first:end], f"{opening}{text}{closing}")

    def _normalize(self, spoken: Sequence[str]) -> list[str]:
        text = _YEARS_IN_GENITIVE.sub("две тысячи", " ".join(spoken))
        return _WHOLE_HOUR.sub(r"\1:00", self._normalizer.normalize(text)).split()


def _runs(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Yield the words between marks."""
    first = 0
    for end, word in enumerate(words, 1):
        opens_next = end < len(words) and split_marks(words[end].word)[0]
        if split_marks(word.word)[2] or opens_next:
            yield words[first:end]
            first = end
    if first < len(words):
        yield words[first:]


def _protected(spoken: Sequence[str]) -> set[int]:
    """Return the indices of the words that stay in words."""
    text = " ".join(spoken).lower()
    return {
        index
        for match in _IN_WORDS.finditer(text)
        for index in range(text.count(" ", 0, match.start()), text.count(" ", 0, match.end()) + 1)
    }


def _blocks(
    spoken: Sequence[str], found: Sequence[str]
) -> list[tuple[bool, int, int, Sequence[str]]]:
    """Align two texts.

    Returns:
        For each block in order: whether both texts agree, first and end index in `spoken`, and
        the words of `found`.
    """
    matcher = SequenceMatcher(
        None, [word.lower() for word in spoken], [word.lower() for word in found], autojunk=False
    )
    return [
        (tag == "equal", first, end, found[begin:stop])
        for tag, first, end, begin, stop in matcher.get_opcodes()
    ]
