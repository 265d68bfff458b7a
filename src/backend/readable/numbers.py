"""Write spoken numbers, dates, times and amounts in digits (inverse text normalisation).

The grammars are those of `damga`. What they get wrong in Russian is repaired or left in words here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import Protocol

from damga import InverseNormalizer

from backend.readable.step import Step, merged, split_marks
from contracts.transcription import Word

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

_is_numeral = re.compile(r".*\d.*|[IVXLC]+\S*").fullmatch

_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

_DIGITS = {
    word: str(digit)
    for digit, word in enumerate(
        ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
    )
}
_ORDINALS = (
    "первого", "второго", "третьего", "четвертого", "пятого", "шестого", "седьмого", "восьмого",
    "девятого", "десятого",
)  # fmt: skip
_FIRST_DAYS = {word: str(day) for day, word in enumerate(_ORDINALS, 1)}
_DIGIT = "|".join(_DIGITS)
_RUSSIAN_MONTH = (
    "(?:января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря)"
)
_ENGLISH_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
)


def _joined_by(mark: str) -> Callable[[re.Match[str]], str]:
    """Return a function that writes the digits of a match, which are its last two groups."""

    def written(match: re.Match[str]) -> str:
        first, second = (_DIGITS[word.lower()] for word in match.groups()[-2:])
        return f"{match[1]}{first}{mark}{second}"

    return written


_BEFORE: list[_Rule] = [
    # «до двух тысяч пятнадцатого года»: the grammar knows the year as «две тысячи пятнадцатого»
    (
        re.compile(
            r"\bдвух тысяч(?= (?:\w+ )?\w+(?:ого|его|ому|ему|ом|ем|ым|им|ый|ий|ая)\b)",
        ),
        "две тысячи",
    ),
    (re.compile(rf"\b(счет\w* )({_DIGIT}) ({_DIGIT})\b", re.IGNORECASE), _joined_by(":")),
    (
        re.compile(rf"\b(верси\w+ )({_DIGIT}) точка ({_DIGIT})\b", re.IGNORECASE),
        _joined_by("."),
    ),
    (
        re.compile(rf"\b(нажмите |наберите )({_DIGIT})\b", re.IGNORECASE),
        lambda match: match[1] + _DIGITS[match[2].lower()],
    ),
]
"""What the grammars do not know, as patterns of spoken text."""

_AFTER: list[_Rule] = [
    (re.compile(r"\b(\d{1,2}) ноль ноль\b"), r"\1:00"),
    (
        re.compile(r"\b(в|с|к|до|после|около) (2[0-3]|1?\d) ([0-5]\d)\b(?! \d)", re.IGNORECASE),
        r"\1 \2:\3",
    ),
    (re.compile(r"\b(стать(?:я|и|е|ю|ей)) (\d+)-\w+", re.IGNORECASE), r"\1 \2"),
    (
        re.compile(rf"\b(с) (\d+)-го по (\d+ {_RUSSIAN_MONTH})\b", re.IGNORECASE),
        r"\1 \2 по \3",
    ),
    (
        re.compile(rf"\b(с) ({'|'.join(_FIRST_DAYS)}) по (\d+ {_RUSSIAN_MONTH})\b", re.IGNORECASE),
        lambda match: f"{match[1]} {_FIRST_DAYS[match[2].lower()]} по {match[3]}",
    ),
    (re.compile(rf"\b({_ENGLISH_MONTH}) (\d{{1,2}}) (\d{{4}})\b", re.IGNORECASE), r"\1 \2, \3"),
]
"""What the grammars get wrong, as patterns of their text."""

_MINUS = re.compile(r"^-(?=\d)")

_IN_WORDS = re.compile(
    r"\bбез (?:одной|двух|трех|четырех|пяти|десяти|двадцати(?: пяти)?|четверти) \w+"
    r"|\b(?:тысяча|тысячи|тысячу|сто) и (?:один|одна|одну|одной)\b"
    r"|\b\w+ (?:четверти|четвертых|трети|третьих)\b"
    r"|\bноль \w+\b(?! целых)(?= *$)"
    r"|\bсемь раз отмерь\b|\bза семью (?:замками|печатями|морями)\b"
)
"""Phrases that are written in words: «без пяти семь», «тысяча и одна ночь», «три четверти»."""

_MAX_RUN = 200
"""Most words that are rewritten together, so that a text without marks takes no longer."""

_HOURS = frozenset(("час", "часа", "часов"))
_BEFORE_A_TIME = frozenset(("в", "с", "к", "до", "после", "около", "на"))
_PARTS_OF_DAY = frozenset(("утра", "дня", "вечера", "ночи"))


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
        text = _replaced(_BEFORE, " ".join(spoken))
        return _replaced(_AFTER, self._normalizer.normalize(text)).split()


def _replaced(rules: Sequence[_Rule], text: str) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


def _runs(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Yield the words between marks, and the hours and minutes of a duration apart."""
    first = 0
    for end, word in enumerate(words, 1):
        opens_next = end < len(words) and split_marks(words[end].word)[0]
        is_full = end - first == _MAX_RUN
        if split_marks(word.word)[2] or opens_next or is_full or _is_duration(words, end - 1):
            yield words[first:end]
            first = end
    if first < len(words):
        yield words[first:]


def _is_duration(words: Sequence[Word], place: int) -> bool:
    """Whether a word is the hours of a duration: «два часа сорок минут», not «в два часа …»."""
    near = [word.word.lower() for word in words[max(place - 3, 0) : place + 5]]
    hours = min(place, 3)
    if near[hours] not in _HOURS or _BEFORE_A_TIME.intersection(near[:hours]):
        return False
    after = near[hours + 1 :]
    minutes = [n for n, word in enumerate(after) if word.startswith("минут")]
    return bool(minutes) and not _PARTS_OF_DAY.intersection(after[minutes[0] + 1 :])


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
