"""Segments from words: sentences, and where those are long or unmarked, phrases."""

from collections.abc import Sequence

from contracts.transcription import Word

MAX_SEGMENT_S = 12.0
"""Longer sentences are cut: a reader follows along, and a subtitle is cut from them."""

_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
_CLOSING = "\"'»”)]}"
_CLAUSE_ENDS = (",", ";", ":", "—", "–", "，", "、")
_CLAUSE_BONUS_S = 0.3
"""A comma is as good a place to cut as a pause longer by this."""


def split_into_segments(words: Sequence[Word]) -> list[list[Word]]:
    """Cut words after each sentence; a longer one after its clauses and in its pauses.

    Returns:
        All words in their order; no segment is empty, and each lasts at most
        `MAX_SEGMENT_S` unless it is a single word.
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
    cut = max(range(1, len(sentence)), key=lambda n: _worth(sentence, n))
    return _phrases(sentence[:cut]) + _phrases(sentence[cut:])


def _worth(sentence: Sequence[Word], cut: int) -> tuple[float, int]:
    """Return how good it is to cut before a word; of equal places, the one in the middle."""
    before, after = sentence[cut - 1], sentence[cut]
    bonus = _CLAUSE_BONUS_S if before.word.endswith(_CLAUSE_ENDS) else 0.0
    return after.start - before.end + bonus, min(cut, len(sentence) - cut)
