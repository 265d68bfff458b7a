"""Compare texts by their words."""

import re

import jiwer

_NOT_A_WORD = re.compile(r"[^\w\s]|_")


def plain_words(text: str) -> str:
    """Return lower-case words without punctuation; «ё» becomes «е», as in most printed Russian."""
    lowered = text.lower().replace("ё", "е").replace("-", " ")
    return " ".join(_NOT_A_WORD.sub(" ", lowered).split())


def n_words(text: str) -> int:
    """Return the number of words."""
    return len(plain_words(text).split())


def word_error_rate(reference: str, transcript: str) -> float:
    """Return the word error rate in percent."""
    return 100 * jiwer.wer(plain_words(reference), plain_words(transcript))
