"""Punctuate the words of a model that writes neither marks nor capitals."""

from collections.abc import Sequence

from contracts.segmentation import split_into_segments
from contracts.spacing import is_wordless_script, join_texts
from contracts.transcription import ChunkSegment, Word

_MARKS = frozenset(".,?!…:;—–")


def lacks_punctuation(words: Sequence[Word]) -> bool:
    """Whether a model wrote words without any mark or capital.

    A model that punctuates ends even a short phrase with a mark, or begins it with a capital.
    Languages without spaces between words are left as they are.
    """
    text = "".join(word.word for word in words)
    has_letters = any(character.isalpha() for character in text)
    return has_letters and not any(map(_is_written, text))


def _is_written(character: str) -> bool:
    """Whether a character shows that the model punctuates, or that its words cannot be marked."""
    return (
        character in _MARKS
        or character.isupper()
        or character.isspace()
        or is_wordless_script(character)
    )


def ensure_same_words(words: Sequence[str], punctuated: Sequence[str]) -> None:
    """Check that punctuated words are the given ones with marks and capitals.

    Raises: ValueError: a word is changed, added or missing.
    """
    for word, written in zip(words, punctuated, strict=True):
        if not written.lower().startswith(word.lower()):
            raise ValueError("punctuation changed a word")


def with_punctuation(
    segments: Sequence[ChunkSegment], punctuated: Sequence[str]
) -> list[ChunkSegment]:
    """Return segments that begin and end with the sentences of punctuated words.

    Args:
        segments: all with words.
        punctuated: how to write each of their words, in order.

    Raises: ValueError: the words are not the same ones, or a segment has none.
    """
    if not all(segment.words for segment in segments):
        raise ValueError("a segment has no words to punctuate")
    sources = [(word, segment) for segment in segments for word in segment.words or []]
    ensure_same_words([word.word for word, _ in sources], punctuated)
    words: list[Word] = []
    for (word, _), written in zip(sources, punctuated, strict=True):
        spoken = None if written == word.word else word.word
        words.append(word.model_copy(update={"word": written, "spoken": spoken}))
    first = 0
    sentences: list[ChunkSegment] = []
    for sentence in split_into_segments(words):
        _, source = sources[first]
        first += len(sentence)
        sentences.append(
            source.model_copy(
                update={
                    "start": sentence[0].start,
                    "end": sentence[-1].end,
                    "text": join_texts(word.word for word in sentence),
                    "words": sentence,
                }
            )
        )
    return sentences
