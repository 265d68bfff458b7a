"""Punctuation of given words by their sound: request and response of the llm."""

from typing import Annotated

from pydantic import AfterValidator, Base64Bytes, BaseModel, ConfigDict, Field

from contracts.languages import AUTO_LANGUAGE
from contracts.models import ModelIdentity
from contracts.options import LanguageCode

MAX_WORDS = 1000
MAX_WORD_CHARS = 200


def _spoken(language: str) -> str:
    if language == AUTO_LANGUAGE:
        raise ValueError("the language of the words must be known")
    return language


PlainWord = Annotated[str, Field(min_length=1, max_length=MAX_WORD_CHARS, pattern=r"^\S+$")]


class PunctuationRequest(BaseModel):
    """A chunk of speech and the words that were spoken in it, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Annotated[LanguageCode, AfterValidator(_spoken)] = Field(
        description="ISO 639-1 code of the words' language."
    )
    words: tuple[PlainWord, ...] = Field(min_length=1, max_length=MAX_WORDS)
    pcm: Base64Bytes = Field(description="PCM s16le, mono, 16 kHz, at most 30 seconds.")


class PunctuatedWords(BaseModel):
    """The words with capitals and with marks appended, as many as were sent."""

    words: list[str]
    model: ModelIdentity = Field(description="The model that punctuated them.")
