"""Joins texts by the characters that meet, whatever language was requested.

Chinese and Japanese put no spaces between sentences; Thai, Lao, Khmer, Burmese and Tibetan put
them between phrases, not between words; Latin words keep theirs in all of these.
Source: W3C, Requirements for Chinese Text Layout, and for Thai, Lao and Khmer.
"""

import re
from collections.abc import Iterable

_CJK = (
    r"\u2e80-\u2fdf\u3001-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\uf900-\ufaff\uff00-\uff9f\U00020000-\U0003ffff"
)
"""Han, kana, bopomofo, fullwidth forms and their punctuation, as a class of a pattern."""

_PHRASE_SPACED = r"\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
"""Thai, Lao, Tibetan, Burmese and Khmer."""

_CJK_MARKS = r"\u3001-\u3003\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
"""Punctuation that contains its own white space."""

WORD_OR_CHARACTER = rf"[{_CJK}{_PHRASE_SPACED}]|[^\s{_CJK}{_PHRASE_SPACED}]+"
"""Pattern of a word, or of a character of a script that puts no spaces between words."""

_MAX_MARKS = 8
"""Quotes, brackets and stops between the join and the nearest letter."""

_ends_with_cjk_mark = re.compile(f"[{_CJK_MARKS}]$").search
_starts_with_cjk_mark = re.compile(f"[{_CJK_MARKS}]").match
_ends_with_cjk = re.compile(rf"[{_CJK}][^\w\s]*$").search
_starts_with_cjk = re.compile(rf"[^\w\s]*[{_CJK}]").match
_is_wordless_script = re.compile(f"[{_CJK}{_PHRASE_SPACED}]").match


def join_texts(texts: Iterable[str]) -> str:
    """Join texts into one, with a space where the characters at the join need it.

    Args:
        texts: their own outer spaces are dropped, and so are empty ones.
    """
    pieces: list[str] = []
    for text in filter(None, (text.strip() for text in texts)):
        if pieces:
            pieces.append(separator(pieces[-1], text))
        pieces.append(text)
    return "".join(pieces)


def separator(before: str, after: str) -> str:
    """Return what stands between two texts: a space or nothing."""
    end, start = before[-_MAX_MARKS:], after[:_MAX_MARKS]
    if not end or not start or _ends_with_cjk_mark(end) or _starts_with_cjk_mark(start):
        return ""
    return "" if _ends_with_cjk(end) and _starts_with_cjk(start) else " "


def is_wordless_script(character: str) -> bool:
    """Whether a character belongs to a script that puts no spaces between words."""
    return bool(_is_wordless_script(character))
