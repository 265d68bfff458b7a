"""Cut the words around a match out of a text."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from backend.storage.database.search.lemmas import word_lemmas, words_of

WORDS_AROUND = 10
"""Words shown before and after the first match."""

_ELLIPSIS = "…"


@dataclass(frozen=True)
class Snippet:
    """Part of a text; `marks` are the matches as [start, end), in code points."""

    text: str
    marks: list[tuple[int, int]]


def snippet_of(text: str, lemmas: AbstractSet[str]) -> Snippet | None:
    """Return the text around the first word with one of the lemmas, or None without a match."""
    words = list(words_of(text))
    found = [
        position
        for position, word in enumerate(words)
        if not lemmas.isdisjoint(word_lemmas(word.group()))
    ]
    if not found:
        return None
    first, last = max(found[0] - WORDS_AROUND, 0), found[0] + WORDS_AROUND
    start = words[first].start() if first else 0
    end = words[last].end() if last < len(words) - 1 else len(text)
    before, after = _ELLIPSIS if start else "", _ELLIPSIS if end < len(text) else ""
    shift = len(before) - start
    marks = [
        (words[position].start() + shift, words[position].end() + shift)
        for position in found
        if first <= position <= last
    ]
    return Snippet(before + text[start:end] + after, marks)
