"""Write Russian text with its quotes «», dashes and ё; no word becomes another one."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from backend.morphology import russian_morphology
from backend.readable.step import Step
from contracts.transcription import Word

_quote = re.compile('["“”„‟]')
_dash = re.compile(r"(?<!\S)(?:--?|[–—])(?=\s|$)|(?<=\w)--(?=\w|$)")
_word = re.compile(r"[а-яё]*[её][а-яё]*", re.IGNORECASE)
_NAMES = ("Name", "Surn", "Patr", "Geox", "Orgn", "Trad")
"""Tags of names, whose owners choose between е and ё."""


def typography_step(language: str) -> Step | None:
    """Return the step for a language (an ISO 639-1 code); None where there are no rules."""
    return _russian if language == "ru" else None


def _russian(words: Sequence[Word]) -> list[Word]:
    """Return the words with the marks and letters of Russian typography; see `Step`."""
    quotes = _Quotes()
    return [_rewritten(word, quotes) for word in words]


def _rewritten(word: Word, quotes: Callable[[str], str]) -> Word:
    text = _word.sub(lambda match: with_yo(match.group()), word.word)
    text = _dash.sub("—", quotes(text))
    if text == word.word:
        return word
    return word.model_copy(update={"word": text, "spoken": word.spoken or word.word})


class _Quotes:
    """Turns the quotes of one segment after another word into « and », by what stands beside."""

    def __init__(self) -> None:
        self._n_open = 0

    def __call__(self, text: str) -> str:
        return _quote.sub(self._angled, text)

    def _angled(self, match: re.Match[str]) -> str:
        before, after = match.string[: match.start()], match.string[match.end() :]
        is_inside = bool(re.search(r"\w", before)) and bool(re.match(r"\w", after))
        is_inch = not self._n_open and before[-1:].isdigit()
        if is_inside or is_inch:
            return match.group()
        closes = bool(re.search(r"\w", before)) or (self._n_open > 0 and not after)
        self._n_open = max(self._n_open - 1, 0) if closes else self._n_open + 1
        return "»" if closes else "«"


@lru_cache(maxsize=50_000)
def with_yo(word: str) -> str:
    """Return a word with its ё where the dictionary knows no other spelling.

    «еще» becomes «ещё»; «все» and «небо», which may be other words, and names stay as they are.
    """
    forms = russian_morphology().parse(word.lower())
    spellings = {form.word for form in forms}
    is_name = any(name in form.tag for form in forms for name in _NAMES)
    if "ё" in word.lower() or len(spellings) != 1 or is_name:
        return word
    if not all(form.is_known for form in forms):
        return word
    (spelling,) = spellings
    if spelling.replace("ё", "е") != word.lower():
        return word
    return "".join(
        ("Ё" if letter.isupper() else "ё") if found == "ё" else letter
        for letter, found in zip(word, spelling, strict=True)
    )
