"""Splits words at the places where a subtitle's line may end.

Scripts without spaces between words break almost anywhere: after a clause if there is one, else
within it, but never between a letter and its marks.
Source: Unicode, UAX #14, Line Breaking Algorithm; W3C, Requirements for Chinese Text Layout.
"""

import re
from itertools import accumulate
from math import ceil
from unicodedata import category, east_asian_width

from contracts.spacing import is_wordless_script

MAX_LINE_CHARS = 42
"""Of a line, in `columns`. Source: Netflix, Timed Text Style Guide; the BBC's limit differs by a
character or two."""

_MAX_PART_COLUMNS = MAX_LINE_CHARS // 2
"""Of a clause in a script without spaces; longer ones are split evenly."""

_NOT_FIRST = frozenset(
    "、。，．！？；：」』）》〉】〕］｝”’·・…ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ"
    ",.!?;:)]}%ๆฯ"
)
"""Characters that no line begins with."""

_NOT_LAST = frozenset("「『（《〈【〔［｛“‘([{เแโใไເແໂໃໄ")
"""Opening marks, and the vowels of Thai and Lao that stand before their consonant."""

_clauses = re.compile(
    r"[^、。，！？；：,.!?;:…]*[、。，！？；：,.!?;:…]+[」』）》〉】”’)\]]*|[^、。，！？；：,.!?;:…]+"
).findall


def columns(text: str) -> int:
    """Return the width of a text; a fullwidth character takes as much room as two others.

    Source: Unicode, UAX #11, East Asian Width.
    """
    return len(text) + sum(east_asian_width(character) in "WF" for character in text)


def has_wordless_script(word: str) -> bool:
    """Return whether a word has characters of a script without spaces between words."""
    return any(map(is_wordless_script, word))


def line_parts(word: str) -> list[str]:
    """Return a word in parts that fit in a line; joined without a separator they are the word.

    Args:
        word: without white space.
    """
    parts = [word]
    if has_wordless_script(word):
        parts = [part for clause in _clauses(word) for part in _even_parts(clause)]
    return [piece for part in parts for piece in _cut(part)]


def _even_parts(clause: str) -> list[str]:
    """Split a clause at places where it may break into parts of about the same width."""
    width_before = list(accumulate(map(columns, clause), initial=0))
    part_columns = width_before[-1] / ceil(width_before[-1] / _MAX_PART_COLUMNS)
    parts: list[str] = []
    start = 0
    for place in range(1, len(clause)):
        width = width_before[place] - width_before[start]
        # the last place before the part would be wider than the others
        is_full = width + columns(clause[place]) > part_columns + 1
        if is_full and _may_break(clause, place):
            parts.append(clause[start:place])
            start = place
    return [*parts, clause[start:]]


def _may_break(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    if before in _NOT_LAST or after in _NOT_FIRST or category(after).startswith("M"):
        return False
    return is_wordless_script(before) or is_wordless_script(after)


def _cut(word: str) -> list[str]:
    """Split a word that is wider than a line."""
    parts = [""]
    for character in word:
        if columns(parts[-1]) + columns(character) > MAX_LINE_CHARS:
            parts.append("")
        parts[-1] += character
    return parts
