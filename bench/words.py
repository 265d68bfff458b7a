"""Compare texts by their words."""

import jiwer

from backend.accuracy import plain_words

__all__ = ["n_words", "plain_words", "word_error_rate"]


def n_words(text: str) -> int:
    """Return the number of words."""
    return len(plain_words(text).split())


def word_error_rate(reference: str, transcript: str) -> float:
    """Return the word error rate in percent."""
    return 100 * jiwer.wer(plain_words(reference), plain_words(transcript))
