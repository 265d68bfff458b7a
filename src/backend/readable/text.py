"""Write recognised segments as readable text, as the options ask."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from backend.readable.glossary import glossary_step
from backend.readable.numbers import numbers_step
from backend.readable.step import Step
from backend.readable.typography import typography_step
from contracts.options import Numbers, Punctuation, Task, TranscribeOptions, Typography
from contracts.spacing import join_texts
from contracts.transcription import ChunkSegment, Segment, Word

SegmentT = TypeVar("SegmentT", bound=ChunkSegment)

WordKey = tuple[float, float, str]
"""Start and end of a recognised word in seconds, and how the model wrote it."""


def write_readable(
    segments: Sequence[ChunkSegment], language: str, options: TranscribeOptions
) -> list[ChunkSegment]:
    """Return the segments with readable text; `raw_text` and `Word.spoken` keep the model's words.

    Segments without words stay as they are: their text cannot be rewritten word by word.

    Args:
        segments: in which a word that was punctuated has the model's own form in `spoken`.
        language: ISO 639-1 code of the speech.
        options: choose the steps.
    """
    steps = _steps(language, options)
    return [_write(segment, steps) if segment.words else segment for segment in segments]


def rewrite_text(
    segments: Sequence[Segment],
    language: str,
    options: TranscribeOptions,
    marked: Mapping[WordKey, str] = MappingProxyType({}),
) -> list[Segment]:
    """Return segments with their text rewritten from the recognised words.

    Those that have words without a stored time are left out: their text would lose them.

    Args:
        segments: as `write_readable` wrote them, with other options; corrected ones too.
        language: ISO 639-1 code of the speech.
        options: choose the steps.
        marked: how to write recognised words that have no marks yet.
    """
    steps = _steps(language, options)
    return [_write(_with_marks(segment, marked), steps) for segment in as_recognised(segments)]


def as_recognised(segments: Sequence[Segment]) -> list[Segment]:
    """Return segments as they were before their words were rewritten, with their marks.

    Those that have words without a stored time are left out.
    """
    return [_as_recognised(one) for one in segments if _has_all_words(one)]


def word_key(word: Word) -> WordKey:
    """Return what identifies a recognised word, whatever becomes of its segment."""
    return word.start, word.end, word.word


def _with_marks(segment: Segment, marked: Mapping[WordKey, str]) -> Segment:
    words = [
        word
        if (written := marked.get(word_key(word), word.word)) == word.word
        else word.model_copy(update={"word": written, "spoken": word.spoken or word.word})
        for word in segment.words or []
    ]
    return segment.model_copy(update={"words": words})


def _has_all_words(segment: Segment) -> bool:
    text = segment.text if segment.original_text is None else segment.original_text
    return bool(segment.words) and join_texts(word.word for word in segment.words or []) == text


def _as_recognised(segment: Segment) -> Segment:
    """Return a segment as it was before its words were rewritten, with their marks."""
    words = [each for word in segment.words or [] for each in _unmerged(word)]
    text = join_texts(word.word for word in words)
    return segment.model_copy(update={"text": text, "raw_text": None, "words": words})


def _unmerged(word: Word) -> list[Word]:
    """Return the recognised words that one was written for; their letters divide its time."""
    if word.marked is None:
        return [word]
    marked = word.marked.split(" ")
    spoken = (word.spoken or word.word).split(" ")
    if len(marked) != len(spoken):
        marked, spoken = [word.marked], [word.spoken or word.word]
    seconds_per_letter = (word.end - word.start) / max(1, sum(map(len, marked)))
    words: list[Word] = []
    n_letters = 0
    for written, said in zip(marked, spoken, strict=True):
        start = word.start + n_letters * seconds_per_letter
        n_letters += len(written)
        changes = {
            "word": written,
            "spoken": None if said == written else said,
            "marked": None,
            "start": round(start, 3),
            "end": round(word.start + n_letters * seconds_per_letter, 3),
        }
        words.append(word.model_copy(update=changes))
    return words


def _steps(language: str, options: TranscribeOptions) -> list[Step]:
    if options.task is Task.TRANSLATE:
        language = "en"
    steps: list[Step] = []
    if options.punctuation is Punctuation.NONE:
        steps.append(_as_spoken)
    if glossary := glossary_step(options.glossary or "", language):
        steps.append(glossary)
    if options.numbers is Numbers.DIGITS and (numbers := numbers_step(language)):
        steps.append(numbers)
    if options.typography is Typography.AUTO and (typography := typography_step(language)):
        steps.append(typography)
    return steps


def _without_same_marks(word: Word) -> Word:
    return word.model_copy(update={"marked": None}) if word.marked == word.word else word


def _as_spoken(words: Sequence[Word]) -> list[Word]:
    """Return the words as the model wrote them."""
    return [
        word.model_copy(update={"word": word.spoken or word.word, "spoken": None}) for word in words
    ]


def _write(segment: SegmentT, steps: Sequence[Step]) -> SegmentT:
    recognised = segment.words or []
    if not steps and not any(word.spoken for word in recognised):
        return segment
    words = [word.model_copy(update={"marked": word.word}) for word in recognised]
    for step in steps:
        words = step(words)
    words = [_without_same_marks(word) for word in words]
    text = join_texts(word.word for word in words)
    raw_text = join_texts(word.spoken or word.word for word in words)
    return segment.model_copy(
        update={
            "text": text,
            "raw_text": None if raw_text == text else raw_text,
            "words": words,
        }
    )
