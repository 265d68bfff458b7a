"""Write Russian with «ё», guillemets, dashes and ellipses as print does."""

import re
from collections.abc import Sequence
from functools import cache

from pymorphy3 import MorphAnalyzer

from backend.readable.step import Step, merged
from contracts.transcription import Word

_opening_quote = re.compile(r"(?<![^\s(\[—-])[\"“„](?=\w)")
_closing_quote = re.compile(r"(?<=[\w.?!…%])[\"”“](?!\w)")

_REPLACEMENTS = (
    (re.compile(r"\.{3}"), "…"),
    (re.compile(r"\s+[-–—]+$"), "\N{NO-BREAK SPACE}—"),
    (re.compile(r"^[-–]+$"), "—"),
)

_russian_words = re.compile(r"[А-Яа-яЁё]+")


def typography_step(language: str) -> Step | None:
    """Return the step for a language (an ISO 639-1 code); None for others than Russian."""
    return _write_russian if language == "ru" else None


def _write_russian(words: Sequence[Word]) -> list[Word]:
    written: list[Word] = []
    n_open = 0
    for word in words:
        text, n_opened = _opening_quote.subn("«", _print(word.word))
        # only a quote that closes an open one: `5"` is five inches
        text, n_closed = _closing_quote.subn("»", text) if n_open + n_opened else (text, 0)
        n_open = max(n_open + n_opened - n_closed, 0)
        written.append(word if text == word.word else merged([word], text))
    return written


def _print(word: str) -> str:
    text = _russian_words.sub(lambda match: _with_yo(match[0]), word)
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


def _with_yo(word: str) -> str:
    """Return a word with «ё» where the dictionary knows no other spelling."""
    lower = word.lower()
    if "е" not in lower or "ё" in lower:
        return word
    spelled = _dictionary_spelling(lower)
    return "".join(
        letter if new == old else ("Ё" if letter.isupper() else "ё")
        for letter, old, new in zip(word, lower, spelled, strict=True)
    )


@cache
def _morphology() -> MorphAnalyzer:
    return MorphAnalyzer(lang="ru")


@cache
def _dictionary_spelling(lower: str) -> str:
    """Return the only spelling in the dictionary; the word itself if there are several or none."""
    spellings = {parse.word for parse in _morphology().parse(lower) if parse.is_known}
    return spellings.pop() if len(spellings) == 1 else lower
