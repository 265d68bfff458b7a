"""The interface of a step from recognised words to readable text."""

import re
from collections.abc import Callable, Sequence

from contracts.transcription import Word

_marks_around = re.compile(r"(?P<opening>[^\w+-]*)(?P<core>.*?)(?P<closing>[^\w%+#]*)").fullmatch

Step = Callable[[Sequence[Word]], list[Word]]
"""Return the words of a segment as they are to be written.

A step may change how words are written and may join neighbours into one. It drops no word: the
result covers the same words in the same order, and `spoken` keeps what a rewritten word replaces.
"""


def merged(words: Sequence[Word], written: str) -> Word:
    """Return one word that replaces several.

    Args:
        words: neighbours, at least one.
        written: how to write them.
    """
    return Word(
        word=written,
        start=words[0].start,
        end=words[-1].end,
        probability=min(word.probability for word in words),
        spoken=" ".join(word.spoken or word.word for word in words),
        marked=" ".join(word.marked or word.word for word in words),
    )


def split_marks(word: str) -> tuple[str, str, str]:
    """Return the marks before a word, the word, and the marks after it."""
    match = _marks_around(word)
    assert match is not None
    return (match["opening"], match["core"], match["closing"]) if match["core"] else ("", word, "")
