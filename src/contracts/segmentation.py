"""Group words into segments: sentences, or phrases of long sentences."""

from collections.abc import Sequence
from itertools import zip_longest

from contracts.sentences import ends_sentence, leans_forward
from contracts.transcription import Word

MAX_SEGMENT_S = 12.0
"""Longer sentences are split, for readers and for subtitles."""

_CLAUSE_ENDS = (",", ";", ":", "—", "–", "，", "、")
_CLAUSE_BONUS_S = 0.3
"""The seconds of pause that a comma counts as, when choosing where to split."""

_TORN_PENALTY_S = 2.0
"""The seconds of pause that a split after "Mr.", a preposition or a conjunction has to outweigh."""


def split_into_segments(words: Sequence[Word]) -> list[list[Word]]:
    """Split words after each sentence, and long sentences after clauses and in pauses.

    Returns:
        All words in order; no segment is empty, and each lasts at most `MAX_SEGMENT_S` unless it
        is a single word.
    """
    segments: list[list[Word]] = []
    sentence: list[Word] = []
    for word, following in zip_longest(words, words[1:]):
        sentence.append(word)
        if ends_sentence([each.word for each in sentence], following and following.word):
            segments += _phrases(sentence)
            sentence = []
    return segments + _phrases(sentence)


def _phrases(sentence: list[Word]) -> list[list[Word]]:
    if len(sentence) < 2 or sentence[-1].end - sentence[0].start <= MAX_SEGMENT_S:
        return [sentence] if sentence else []
    cut = max(range(1, len(sentence)), key=lambda n: _rate_cut(sentence, n))
    return _phrases(sentence[:cut]) + _phrases(sentence[cut:])


def _rate_cut(sentence: Sequence[Word], cut: int) -> tuple[float, int]:
    """Rate a split before a word; between equal ones the most central wins."""
    before, after = sentence[cut - 1], sentence[cut]
    pause_s = after.start - before.end
    if before.word.endswith(_CLAUSE_ENDS):
        pause_s += _CLAUSE_BONUS_S
    if leans_forward([word.word for word in sentence[:cut]], after.word):
        pause_s -= _TORN_PENALTY_S
    return pause_s, min(cut, len(sentence) - cut)
