"""Reduce words to their lemmas, so that «встречи» finds «встреча».

A word can have several lemmas («стали»: «сталь» and «стать»). Texts and queries keep all of them,
and one in common is a match.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from backend.morphology import russian_morphology

MAX_WORD_CHARS = 64
"""Longer words are cut, because databases limit the length of what they index."""

_MARKS = "\u0300-\u036f"
_word = re.compile(rf"(?:[^\W_][{_MARKS}]*)+")
_marks = re.compile(f"[{_MARKS}]")
_letters_and_digits = re.compile(r"[^\W_]+")
_is_russian = re.compile("[а-я]+").fullmatch


def words_of(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a text: runs of letters and digits with their combining accents."""
    return _word.finditer(text)


def lemmas_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the lemmas of all words in the texts."""
    return frozenset(
        lemma for text in texts for word in words_of(text) for lemma in word_lemmas(word.group())
    )


def word_lemmas(word: str) -> frozenset[str]:
    """Return the lemmas of a word, in lower case, without accents, with ё as е.

    Returns: one lemma or more, each of letters and digits only; a word that is not Russian
        is its own lemma.
    """
    plain = _marks.sub("", unicodedata.normalize("NFKC", word).casefold()).replace("ё", "е")
    # normalization can turn one character into several words
    parts = _letters_and_digits.findall(plain[:MAX_WORD_CHARS])
    return frozenset(lemma for part in parts for lemma in _lemmas(part))


@lru_cache(maxsize=50_000)
def _lemmas(word: str) -> frozenset[str]:
    if not _is_russian(word):
        return frozenset({word})
    forms = [parse.normal_form.replace("ё", "е") for parse in russian_morphology().parse(word)]
    return frozenset(part for form in forms for part in _letters_and_digits.findall(form))
