"""Decide whether recognised words need punctuation, and apply it."""

from collections.abc import Sequence

from backend.readable.step import Step
from contracts.languages import LANGUAGES_WITHOUT_SPACES
from contracts.transcription import Word

_MARKS = frozenset(".,?!…:;")


def lacks_punctuation(words: Sequence[Word], language: str) -> bool:
    """Whether a model wrote words without marks and capitals.

    A model that punctuates ends even a short phrase with a mark or begins it with a capital.

    Args:
        words: of a chunk.
        language: ISO 639-1 code.
    """
    text = "".join(word.word for word in words)
    has_letters = any(character.isalpha() for character in text)
    is_bare = not any(character in _MARKS or character.isupper() for character in text)
    return language not in LANGUAGES_WITHOUT_SPACES and has_letters and is_bare


def punctuation_step(punctuated: Sequence[str]) -> Step:
    """Return the step that writes the words of a chunk with the marks and capitals given.

    Args:
        punctuated: the words, as `LlmClient.punctuate` returned them.
    """

    def punctuate(words: Sequence[Word]) -> list[Word]:
        return [
            word.model_copy(update={"word": written})
            for word, written in zip(words, punctuated, strict=True)
        ]

    return punctuate
