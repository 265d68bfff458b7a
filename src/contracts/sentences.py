"""Finds where sentences end, for segments and subtitles.

Judges a period by the word before it and the word after it, with lists of Russian and English
abbreviations. Other languages end sentences at every stop before a word that is not in lowercase.
"""

import re
from collections.abc import Sequence

CLOSING = "\"'»”’)]}"
OPENING = "\"'«“„‘([{¿¡"

_FULL_STOPS = ("。", "？", "！", "।", "؟", "۔", "።", "။")
"""Marks that end a sentence whatever follows."""

_STOPS = (".", "?", "!", "…")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BEFORE_NAMES_OR_NUMBERS = _words(
    """
    акад арх бул в г ген гл гр гражд д доц им инж капт корп лейт мл напр наб о обл оз
    отв пгт пер пл подп полк пос пр-т пр-д просп проф р р-н св см соч ср ст стр т
    табл тел тов ул упр урож ф-т ч чл член-корр шт яз кв п пп янв фев февр апр
    июн июл авг сен сент окт нояб дек англ нем фр итал исп лат рус греч т.е т.к т.н т.о и.о
    с.ш ю.ш в.д з.д mr mrs ms messrs mx dr prof rev fr hon pres gov sen rep gen adm cmdr col
    maj capt lt sgt cpl pvt st mt vs cf pp eds trans approx est dept e.g i.e viz
    """
)
"""Abbreviations that no sentence ends with; the next word may begin with a capital."""

_BEFORE_LOWERCASE = _words(
    """
    гг вв тыс млн млрд трлн руб коп долл мин сек час сут мес нед чел экз кг км см мм га
    др пр т.д т.п н.э до.н.э р.х etc inc ltd corp co bros a.m p.m b.c a.d jr sr esq min hr
    hrs lb lbs oz ft mi
    al
    """
)
"""Abbreviations that a sentence may end with: a capital after them begins the next one."""

_BEFORE_NUMBERS = _words(
    """
    no nos fig figs eq vol ch sec op p mar jan feb apr jun jul aug sept oct nov dec
    рис эт
    """
)
"""English abbreviations only before a number, words of their own otherwise."""

_UNITS = _words("м г л т ч с см в кв мм")
"""Units of measurement after a number, other abbreviations without one."""

_STREETS = _words("st ave blvd")

_PAIRS = {("т", "д"), ("т", "п"), ("н", "э"), ("и", "др"), ("и", "пр"), ("р", "х"), ("кв", "м")}
"""Abbreviations of two words that a sentence may end with."""

_STARTERS = _words(
    """
    a after all an and another as at both but by did do does for from had has have he her
    here his how however i if in is it its just last let many maybe more most my no not now
    of on once one or our perhaps she since so some still such that the their then there
    these they this those though today under was we were what when where which while who why
    with yes yet you your
    """
)
"""English words that begin sentences and do not continue a name: "the U.S. He" but "U.S. Army"."""

_LEANING = _words(
    """
    а без в во вокруг для до если за и из из-за из-под или к как ко когда между на над
    не ни но о об обо около от ото перед по под подо при про против ради с сквозь со
    среди у через что чтобы a about after against an and as at because before between but
    by during for from if in into nor not of on onto or over since than that the to toward
    towards under until upon when where which while who with without
    ибо либо пока хотя чтоб although among per though unless via
    """
)
"""Russian and English words that a line does not end with. Source: Netflix, Timed Text Style
Guide, line treatment: break before conjunctions and prepositions."""

_is_acronym = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}").fullmatch
_is_number = re.compile(r"\d+(?:\.\d+)*").fullmatch
_is_roman = re.compile("[IVXLC]+").fullmatch


def ends_sentence(words: Sequence[str], following: str | None) -> bool:
    """Return whether a sentence ends after the last of its words.

    Args:
        words: the sentence so far, one or more words with their punctuation.
        following: the next word; None at the end of the text.
    """
    last = words[-1].strip().rstrip(CLOSING)
    if last.endswith(_FULL_STOPS):
        return True
    if not last.endswith(_STOPS):
        return False
    after = following.strip().lstrip(OPENING) if following else ""
    if not after:
        return True
    if after[0].islower():
        return False
    return not last.endswith(".") or last.endswith("..") or _period_ends(words, last[:-1], after)


def leans_forward(words: Sequence[str], following: str) -> bool:
    """Return whether the last word belongs to the next one, so that no line ends between them.

    It is a preposition, a conjunction, a particle or an article, or an abbreviation that names or
    numbers follow.
    """
    last = words[-1].strip()
    if last.lstrip(OPENING).lower() in _LEANING:
        return True
    after = following.strip().lstrip(OPENING)
    return last.endswith(".") and after != "" and not _period_ends(words, last[:-1], after)


def _period_ends(words: Sequence[str], word: str, after: str) -> bool:
    """Return whether a period ends the sentence, before a word without a lowercase letter."""
    word = word.lstrip(OPENING)
    name = word.lower()
    previous = words[-2].strip().strip(OPENING) if len(words) > 1 else ""
    if _is_number(word):
        return len(words) > 1  # "7." at the beginning counts the sentences
    if (previous.rstrip(".").lower(), name) in _PAIRS:
        return True
    is_unit = word in _UNITS and (_is_number(previous) or _is_roman(previous))
    if is_unit or name in _BEFORE_NUMBERS:
        return not after[0].isdigit()
    if name in _BEFORE_NAMES_OR_NUMBERS:
        return name in _STREETS and _starts(after)
    is_initial = len(word) == 1 and word.isalpha()
    return name in _BEFORE_LOWERCASE or not (is_initial or _is_acronym(word)) or _starts(after)


def _starts(after: str) -> bool:
    return after.strip(".,?!").lower() in _STARTERS
