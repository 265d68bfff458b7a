"""Write the terms of a glossary as it has them: their case, their forms, and misheard ones."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from backend.morphology import russian_morphology
from backend.readable.step import Step, merged, split_marks
from contracts.glossary import Term, parse_glossary, without_look_alikes
from contracts.sentences import ends_sentence
from contracts.thresholds import UNSURE_WORD_PROBABILITY
from contracts.transcription import Word

MIN_SIMILARITY = 0.85
"""Least similarity of the sounds of a misheard term, from 0 to 1: 1 less the share of letters to
change. Measured by `bench.glossary`; see docs/PERFORMANCE.md."""

MIN_FUZZY_LETTERS = 5
"""Shorter terms are too similar to ordinary words."""

_CASES = ("gent", "datv", "accs", "ablt", "loct")
_NAMES = ("Name", "Surn", "Patr", "Geox", "Orgn", "Trad")

_letters = re.compile(r"[^\W_]+")
_characters = re.compile(r"[^\W_]|[+#]")
_russian = re.compile("[а-яё-]+").fullmatch

_VOICED = str.maketrans("бвгджз", "пфктшс")
_UNSTRESSED = str.maketrans("оеэяиы", "аиииии")
_silent = re.compile("[ьъ]")
_doubled = re.compile(r"(.)\1+")


@lru_cache(maxsize=16)
def glossary_step(glossary: str, language: str) -> Step | None:
    """Return the step for a tidied glossary; None for an empty one.

    The first call takes about a millisecond for each term.

    Args:
        language: ISO 639-1 code of the speech.
    """
    return _Glossary(parse_glossary(glossary), language) if glossary else None


@dataclass(frozen=True, slots=True)
class _Form:
    """How to write a form of a term, and of how many words it consists."""

    written: str
    n_words: int


class _Glossary:
    """Finds forms of terms by their letters, then by their sound."""

    def __init__(self, terms: Sequence[Term], language: str) -> None:
        self._is_known = _is_russian if language == "ru" else _is_sure
        self._forms: dict[str, _Form] = {}
        for term in terms:
            for spoken, written in _forms_of(term):
                self._forms.setdefault(_key(spoken), _Form(written, _n_words(spoken)))
        self._most_words = max(form.n_words for form in self._forms.values()) + 1
        fuzzy = {
            _sound(key): form
            for key, form in reversed(self._forms.items())
            if len(key) >= MIN_FUZZY_LETTERS
        }
        self._sounds, self._sounding = list(fuzzy), list(fuzzy.values())

    def __call__(self, words: Sequence[Word]) -> list[Word]:
        """Return the words with the terms as they are to be written; see `Step`."""
        written: list[Word] = []
        first = 0
        while first < len(words):
            match = self._match(words, first)
            if match is None:
                written.append(words[first])
                first += 1
                continue
            end, form = match
            before = [word.word for word in written[-3:]]
            begins_sentence = not before or ends_sentence(before, words[first].word)
            written.append(_rewritten(words[first:end], form.written, begins_sentence))
            first = end
        return written

    def _match(self, words: Sequence[Word], first: int) -> tuple[int, _Form] | None:
        """Return the end and the form of the term that begins with a word.

        The longest one with the same letters comes before the one that sounds most alike.
        """
        spans = list(self._spans(words, first))
        for end, text in reversed(spans):
            if form := self._by_letters(words[first:end], text):
                return end, form
        sounding = [
            (similarity, end, form)
            for end, text in spans
            for similarity, form in self._by_sound(words[first:end], text)
        ]
        if not sounding:
            return None
        _, end, form = max(sounding, key=lambda found: found[0])
        return end, form

    def _spans(self, words: Sequence[Word], first: int) -> Iterator[tuple[int, str]]:
        """Yield the spans from a word on that no mark divides: their end and their text."""
        cores: list[str] = []
        for end in range(first + 1, min(first + self._most_words, len(words)) + 1):
            opening, core, closing = split_marks(words[end - 1].word)
            if cores and opening:
                return
            cores.append(core)
            yield end, " ".join(cores)
            if closing:
                return

    def _by_letters(self, words: Sequence[Word], text: str) -> _Form | None:
        form = self._forms.get(_key(text))
        if form is None:
            return None
        # «на то» is not НАТО
        is_divided_alike = form.n_words == _n_words(text)
        return form if is_divided_alike or not any(map(_is_russian, words)) else None

    def _by_sound(self, words: Sequence[Word], text: str) -> Iterator[tuple[float, _Form]]:
        """Yield the term that sounds most alike, and how much."""
        key = _key(text)
        if len(key) < MIN_FUZZY_LETTERS or all(map(self._is_known, words)):
            return
        found = process.extractOne(
            _sound(key),
            self._sounds,
            scorer=Levenshtein.normalized_similarity,
            score_cutoff=MIN_SIMILARITY,
        )
        if found is None:
            return
        form = self._sounding[found[2]]
        if form.n_words >= _n_words(text) or not any(map(self._is_known, words)):
            yield found[1], form


def _rewritten(words: Sequence[Word], written: str, begins_sentence: bool) -> Word:
    opening, first, _ = split_marks(words[0].word)
    closing = split_marks(words[-1].word)[2]
    if begins_sentence and first[:1].isupper() and written.split(maxsplit=1)[0].islower():
        written = written[0].upper() + written[1:]
    text = f"{opening}{written}{closing}"
    if len(words) == 1 and text == words[0].word:
        return words[0]
    return merged(words, text)


def _forms_of(term: Term) -> Iterator[tuple[str, str]]:
    """Yield a term and its declined forms: as spoken, and as written."""
    yield term.spoken, term.written
    numbers = ("sing", "plur") if term.written.islower() else ("",)
    for number in numbers:
        for case in ("nomn", *_CASES) if number == "plur" else _CASES:
            grammemes = frozenset(filter(None, (case, number)))
            spoken = _declined(term.spoken, grammemes)
            if spoken != term.spoken:
                yield spoken, _declined(term.written, grammemes)


def _declined(text: str, grammemes: frozenset[str]) -> str:
    """Decline the words of a Russian phrase that are in the nominative."""
    return " ".join(_declined_word(word, grammemes) for word in text.split(" "))


def _declined_word(word: str, grammemes: frozenset[str]) -> str:
    *before, last = word.split("-")
    if before and not russian_morphology().word_is_known(word.lower()):
        return "-".join([*before, _declined_word(last, grammemes)])
    parse = _nominative(word)
    form = parse.inflect(grammemes) if parse else None
    if form is None:
        return word
    declined = form.word if "ё" in word.lower() else form.word.replace("ё", "е")
    n_common = 0
    for ours, theirs in zip(word.lower(), declined, strict=False):
        if ours != theirs:
            break
        n_common += 1
    return word[:n_common] + declined[n_common:]


@lru_cache(maxsize=2_000)
def _nominative(word: str) -> Any:
    """Return the most probable nominative parse of a word; None: it has none.

    Of a name it is that of a name, and no guessed plural: Бовари are not several.
    """
    if not _russian(word.lower()):
        return None
    parses = [
        parse
        for parse in russian_morphology().parse(word.lower())
        if "nomn" in parse.tag and (parse.tag.POS in ("NOUN", "ADJF", "PRTF"))
    ]
    if word[:1].isupper():
        parses = [parse for parse in parses if parse.is_known or _is_declined_name(parse.tag)]
        parses.sort(key=lambda parse: not any(name in parse.tag for name in _NAMES))
    return next(iter(parses), None)


def _is_declined_name(tag: Any) -> bool:
    return "sing" in tag and "Fixd" not in tag


def _key(text: str) -> str:
    """Return the letters and digits of a text, the same for equal-looking spellings.

    A single letter is only itself: the Russian «с» is not a Latin C.
    """
    key = "".join(_characters.findall(text.lower().replace("ё", "е")))
    return without_look_alikes(key) if len(key) > 1 else key


def _sound(key: str) -> str:
    """Return roughly how letters sound: voiced as voiceless, and unstressed vowels alike."""
    sounds = _silent.sub("", key).translate(_VOICED).translate(_UNSTRESSED)
    return _doubled.sub(r"\1", sounds)


def _n_words(text: str) -> int:
    return len(_letters.findall(text))


def _is_russian(word: Word) -> bool:
    """Whether a word is in the dictionary, so that it was hardly misheard."""
    return _is_in_dictionary(split_marks(word.word)[1].lower())


@lru_cache(maxsize=50_000)
def _is_in_dictionary(word: str) -> bool:
    return all(map(russian_morphology().word_is_known, _letters.findall(word)))


def _is_sure(word: Word) -> bool:
    """Whether the model was sure of a word of a language without a dictionary."""
    return word.probability >= UNSURE_WORD_PROBABILITY
