"""Group words into segments: sentences, or phrases of long sentences."""

from collections.abc import Sequence

from contracts.transcription import Word

MAX_SEGMENT_S = 12.0
"""Longer sentences are split, for readers and for subtitles."""

_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
_CLOSING = "\"'»”)]}"
_CLAUSE_ENDS = (",", ";", ":", "—", "–", "，", "、")
_CLAUSE_BONUS_S = 0.3
"""The seconds of pause that a comma counts as, when choosing where to split."""


def split_into_segments(words: Sequence[Word]) -> list[list[Word]]:
    """Split words after each sentence, and long sentences after clauses and in pauses.

    Returns:
        All words in order; no segment is empty, and each lasts at most `MAX_SEGMENT_S` unless it
        is a single word.
    """
    segments: list[list[Word]] = []
    sentence: list[Word] = []
    for word in words:
        sentence.append(word)
        if word.word.rstrip(_CLOSING).endswith(_SENTENCE_ENDS):
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
    bonus = _CLAUSE_BONUS_S if before.word.endswith(_CLAUSE_ENDS) else 0.0
    return after.start - before.end + bonus, min(cut, len(sentence) - cut)
