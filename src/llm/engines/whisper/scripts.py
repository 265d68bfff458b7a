"""Detect letters that a language does not write, which a wrong text of the model often has."""

import re
import unicodedata

from contracts.languages import LANGUAGE_NAMES

_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo"})

_WORD = re.compile(r"[^\W\d_]+")
_ALPHABETS = frozenset({"LATIN", "CYRILLIC", "GREEK"})
"""Alphabets that no language mixes inside a word. Others take suffixes on Latin names."""

_MORE_SCRIPTS = {
    "az": {"CYRILLIC", "ARABIC"}, "bs": {"CYRILLIC"}, "ha": {"ARABIC"},
    "ja": {"HIRAGANA", "KATAKANA"}, "kk": {"ARABIC"}, "ko": {"CJK"}, "mn": {"MONGOLIAN"},
    "ms": {"ARABIC"}, "pa": {"ARABIC"}, "ro": {"CYRILLIC"}, "sd": {"DEVANAGARI"},
    "tk": {"CYRILLIC"}, "uz": {"CYRILLIC"}, "zh": {"BOPOMOFO"},
}  # fmt: skip
"""Scripts besides that of the language's own name. Source: CLDR, languages and scripts."""

_INFLECTED_ACRONYM = re.compile("[A-Z]{2,}[а-яё]+")
"""An acronym with a Russian ending, as in «SMSка» and «PDFом»."""

_LONGEST_UNIT = 3
"""Letters of a unit with a Greek prefix or sign, as in "μm" and "kΩ"."""


def has_foreign_script(text: str, language: str) -> bool:
    """Whether a text has a word in a script that its language does not use, or a mixed word.

    Whole words in Latin letters are names and terms in any language, and a single Greek letter is
    a symbol.

    Args:
        text: any.
        language: Whisper's code of the text's language; an unknown one allows every script.
    """
    known = scripts_of(LANGUAGE_NAMES.get(language, "")) | _MORE_SCRIPTS.get(language, set())
    allowed = known | {"LATIN"}
    words = _WORD.findall(unicodedata.normalize("NFKC", text))
    return bool(known) and any(_is_foreign(word, allowed) for word in words)


def _is_foreign(word: str, allowed: set[str]) -> bool:
    scripts = scripts_of(word)
    if "GREEK" in scripts and len(word) <= (1 if scripts == {"GREEK"} else _LONGEST_UNIT):
        return False
    is_mixed = len(scripts & _ALPHABETS) > 1 and not _INFLECTED_ACRONYM.fullmatch(word)
    return is_mixed or not scripts <= allowed


def scripts_of(text: str) -> set[str]:
    """Return the scripts of the letters, by the first word of their Unicode names."""
    # Modifier letters and marks belong to no script of their own.
    letters = [char for char in text if unicodedata.category(char) in _LETTERS]
    return {re.split("[ -]", unicodedata.name(letter))[0] for letter in letters}
