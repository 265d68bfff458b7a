"""Text made fit for a file: one line, nothing that a reader of files stumbles over."""

import unicodedata

_UNWANTED_CATEGORIES = frozenset({"Cc", "Cs"})
_NONCHARACTERS = frozenset("\ufffe\uffff")


def one_line(text: str) -> str:
    """Return a text on one line, its words parted by single spaces.

    Returns: no control characters, halves of surrogate pairs or noncharacters, so that it can
        be written as UTF-8, and stand in XML 1.0 (section 2.2).
    """
    return " ".join("".join(c for c in text if _is_wanted(c)).split())


def _is_wanted(character: str) -> bool:
    if character.isspace():
        return True
    category = unicodedata.category(character)
    return category not in _UNWANTED_CATEGORIES and character not in _NONCHARACTERS
