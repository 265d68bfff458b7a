"""Cleans text for files."""

import unicodedata

_EXCLUDED_CATEGORIES = frozenset({"Cc", "Cs"})
_NONCHARACTERS = frozenset("\ufffe\uffff")


def one_line(text: str) -> str:
    """Return a text on one line, with single spaces between words.

    Returns: text without control characters, lone surrogates and noncharacters, which is valid
        in UTF-8 and XML 1.0 (section 2.2).
    """
    return " ".join("".join(c for c in text if _is_kept(c)).split())


def _is_kept(character: str) -> bool:
    if character.isspace():
        return True
    category = unicodedata.category(character)
    return category not in _EXCLUDED_CATEGORIES and character not in _NONCHARACTERS
