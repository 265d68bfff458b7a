"""Write recognised segments as readable text, as the options ask."""

from collections.abc import Sequence

from backend.readable.glossary import glossary_step
from backend.readable.numbers import numbers_step
from backend.readable.step import Step
from backend.readable.typography import typography_step
from contracts.spacing import join_texts
from contracts.transcription import (
    ChunkSegment,
    Numbers,
    Punctuation,
    Task,
    TranscribeOptions,
    Typography,
    Word,
)


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


def _steps(language: str, options: TranscribeOptions) -> list[Step]:
    if options.task is Task.TRANSLATE:
        language = "en"
    steps: list[Step] = []
    if options.punctuation is Punctuation.NONE:
        steps.append(_as_spoken)
    if glossary := glossary_step(options.glossary, language):
        steps.append(glossary)
    if options.numbers is Numbers.DIGITS and (numbers := numbers_step(language)):
        steps.append(numbers)
    if options.typography is Typography.AUTO and (typography := typography_step(language)):
        steps.append(typography)
    return steps


def _as_spoken(words: Sequence[Word]) -> list[Word]:
    """Return the words as the model wrote them."""
    return [
        word.model_copy(update={"word": word.spoken or word.word, "spoken": None}) for word in words
    ]


def _write(segment: ChunkSegment, steps: Sequence[Step]) -> ChunkSegment:
    words = raw = segment.words or []
    for step in steps:
        words = step(words)
    if words is raw and not any(word.spoken for word in words):
        return segment
    text = join_texts(word.word for word in words)
    raw_text = join_texts(word.spoken or word.word for word in words)
    return segment.model_copy(
        update={
            "text": text,
            "raw_text": None if raw_text == text else raw_text,
            "words": words,
        }
    )
