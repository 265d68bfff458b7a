"""Finds speech without words: the VAD's spans less the words whose length is plausible.

The decoder's attention spreads over everything, so that speech which the model skipped lies
inside a word: one that lasts far longer than its characters take at the speaker's rate.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from statistics import median

from backend.pipeline.spans import TimeSpan
from contracts.spacing import is_wordless_script
from contracts.transcription import ChunkSegment, Word

REACH_S = 0.25
"""A word covers this much speech on either side: its times are those of its louder part."""

MIN_UNCOVERED_S = 0.4
"""Shorter stretches are hesitations and breaths. On 31 minutes of recordings in seven languages
no stretch without words was longer than 0.2 s."""

STRETCHED_RATIO = 2.5
MIN_STRETCHED_S = 1.2
"""Of 3,318 words of those recordings, two were this long and this much longer than expected."""

_WORD_S = 0.15
_CHARACTER_RANGE_S = (0.04, 0.15)
"""Seconds per character, from hurried to solemn; the words may all be wrong."""

_CHARS_PER_DIGIT = 5
"""«25» is spoken as «двадцать пять»."""

_CHARS_PER_IDEOGRAM = 3

_MAX_EMPTY_S = 0.021
_MIN_EMPTY_WORDS = 3
"""So many words in a row without any length were not spoken: the model repeats itself."""


def uncovered_speech(
    segments: Sequence[ChunkSegment], speech: Sequence[TimeSpan]
) -> list[list[TimeSpan]]:
    """Return the speech that no plausible word covers.

    Args:
        segments: in order; one without words covers all of its time.
        speech: the VAD's spans on the same clock, in order.

    Returns:
        Stretches between two plausible words: parts of spans, in order, that add up to at least
        `MIN_UNCOVERED_S`.
    """
    covered = sorted(_covered(segments, speech))
    stretches: list[list[TimeSpan]] = [[]]
    for span in speech:
        for number, gap in enumerate(_gaps(span, covered)):
            if number:  # a word lies before this gap
                stretches.append([])
            if gap.length_s > 0:
                stretches[-1].append(gap)
    return [gaps for gaps in stretches if sum(gap.length_s for gap in gaps) >= MIN_UNCOVERED_S]


def plausible_words(words: Sequence[Word], speech: Sequence[TimeSpan]) -> list[Word]:
    """Return the words that may have been spoken in the time given to them."""
    spoken_s = [_speech_in(_span(word), speech) for word in words]
    character_s = _character_s(words, spoken_s)
    return [
        word
        for word, length_s in zip(_spoken(words), spoken_s, strict=True)
        if word is not None and length_s <= longest_plausible_s(word, character_s)
    ]


def longest_plausible_s(word: Word, character_s: float) -> float:
    """Return the seconds of speech above which a word is too long for its characters."""
    expected_s = _WORD_S + character_s * _n_characters(word.word)
    return max(MIN_STRETCHED_S, STRETCHED_RATIO * expected_s)


def words_of(segments: Iterable[ChunkSegment]) -> list[Word]:
    """Return the words of all segments."""
    return [word for segment in segments for word in segment.words or []]


def _covered(segments: Sequence[ChunkSegment], speech: Sequence[TimeSpan]) -> list[TimeSpan]:
    whole = [TimeSpan(one.start, one.end) for one in segments if one.words is None]
    words = plausible_words(words_of(segments), speech)
    return whole + [TimeSpan(word.start - REACH_S, word.end + REACH_S) for word in words]


def _gaps(span: TimeSpan, covered: Iterable[TimeSpan]) -> list[TimeSpan]:
    """Return what is left of a span before, between and after the covered parts; some are empty."""
    gaps: list[TimeSpan] = []
    start = span.start
    for each in covered:
        if each.end <= start:
            continue
        if each.start >= span.end:
            break
        gaps.append(TimeSpan(start, max(each.start, start)))
        start = each.end
    return [*gaps, TimeSpan(min(start, span.end), span.end)]


def _spoken(words: Sequence[Word]) -> list[Word | None]:
    """Return the words, with None for each of a run without any length."""
    spoken: list[Word | None] = []
    for is_empty, run in groupby(words, key=lambda word: word.end - word.start <= _MAX_EMPTY_S):
        each = list(run)
        spoken += [None] * len(each) if is_empty and len(each) >= _MIN_EMPTY_WORDS else each
    return spoken


def _character_s(words: Sequence[Word], spoken_s: Sequence[float]) -> float:
    """Return the speaker's seconds per character."""
    least_s, most_s = _CHARACTER_RANGE_S
    lengths = [
        length_s / _n_characters(word.word) for word, length_s in zip(words, spoken_s, strict=True)
    ]
    return min(max(median(lengths), least_s), most_s) if lengths else most_s


def _n_characters(text: str) -> int:
    return max(sum(map(_weight, text)), 1)


def _weight(character: str) -> int:
    if character.isdigit():
        return _CHARS_PER_DIGIT
    if is_wordless_script(character):
        return _CHARS_PER_IDEOGRAM
    return int(character.isalpha())


def _speech_in(span: TimeSpan, speech: Iterable[TimeSpan]) -> float:
    return sum(span.overlap_s(each) for each in speech)


def _span(word: Word) -> TimeSpan:
    return TimeSpan(word.start, word.end)
