"""Compares texts by their words, without case and punctuation and with «ё» as «е»."""

import re

import jiwer


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower().replace("ё", "е"))


def wer(reference: str, transcript: str) -> float:
    """Return the word error rate, 0.1 being one wrong word in ten."""
    return jiwer.wer(" ".join(words(reference)), " ".join(words(transcript)))


def n_wrong(reference: str, transcript: str) -> int:
    """Return the number of substituted, deleted and inserted words."""
    found = jiwer.process_words(" ".join(words(reference)), " ".join(words(transcript)))
    return found.substitutions + found.deletions + found.insertions
