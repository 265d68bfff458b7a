"""Options: of a recording, of a chunk, and of how the recognised words are written."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from contracts.audio import MAX_CHUNK_S, MIN_CHUNK_LENGTH_S, InputFormat, NormalizationOptions
from contracts.glossary import MAX_GLOSSARY_LINE_CHARS, MAX_GLOSSARY_LINES, Glossary
from contracts.languages import AUTO_LANGUAGE, language_code


class Task(StrEnum):
    """Whether to transcribe the speech or to translate it to English."""

    TRANSCRIBE = "transcribe"
    TRANSLATE = "translate"


class Punctuation(StrEnum):
    """Whether to punctuate the words of a model that writes none."""

    AUTO = "auto"
    NONE = "none"


class Numbers(StrEnum):
    """How to write numbers, dates, times and amounts."""

    AS_SPOKEN = "as_spoken"
    DIGITS = "digits"


class Typography(StrEnum):
    """Whether to write text with the quotes, dashes and letters of its language."""

    AUTO = "auto"
    NONE = "none"


class Diarization(StrEnum):
    """Whether and how speakers are distinguished.

    Attributes:
        AUTO: chosen by the recording.
        VOICE: by the sound of their voices.
        CHANNEL: each channel of the recording is a speaker, as in recorded calls.
    """

    NONE = "none"
    AUTO = "auto"
    VOICE = "voice"
    CHANNEL = "channel"


MAX_PROMPT_CHARS = 1000
MAX_MODEL_CHARS = 200

MAX_AUDIO_TRACKS = 100
"""Limit of the number of a track; recorders write up to 8, films some dozens."""

LanguageCode = Annotated[str, AfterValidator(language_code)]


class SharedDecodingOptions(BaseModel):
    """The options of the decoder that recordings and chunks share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: LanguageCode = Field("ru", description="ISO 639-1 code, or `auto`.")
    task: Task = Field(Task.TRANSCRIBE, description="Transcribe, or translate to English.")
    beam_size: int = Field(
        1, ge=1, le=10, description="Beam width; 1 is greedy decoding, the fastest."
    )
    temperature: float = Field(0.0, ge=0, le=1, description="Sampling temperature; 0: no sampling.")
    word_timestamps: bool = Field(
        False, description="Return the times of each word; subtitles use them in any case."
    )
    prompt: str = Field("", max_length=MAX_PROMPT_CHARS, description="Text or terms to expect.")
    model: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_MODEL_CHARS,
        description="Id of a model in `/v1/models`; null: the one for the language.",
    )


_GLOSSARY_DESCRIPTION = (
    "Terms and names to expect, a line each, as they are to be written; or `spoken = written`. "
    f"At most {MAX_GLOSSARY_LINES} lines of {MAX_GLOSSARY_LINE_CHARS} characters."
)


class DecodingOptions(SharedDecodingOptions):
    """The options that the llm needs to decode a chunk."""

    glossary: Glossary = Field("", description=_GLOSSARY_DESCRIPTION)


class ChunkOptions(DecodingOptions):
    """All options of a chunk."""

    language_only: bool = Field(
        False, description="Detect the language only; the response has no text."
    )


DETECTION = ChunkOptions.model_validate({"language": AUTO_LANGUAGE, "language_only": True})
"""Asks only for the language of a chunk."""

_PARAMETERS_BY_METHOD = {
    "normalization": {"target_peak", "target_dbfs", "target_lufs"},
    "diarization": {"num_speakers"},
}


class ChunkRequest(ChunkOptions):
    """A chunk and its options as one JSON body, for options that are too long for a query."""

    pcm: Base64Bytes = Field(description="PCM s16le, mono, 16 kHz, at most 30 seconds.")

    def options(self) -> ChunkOptions:
        """Return the options without the chunk."""
        return ChunkOptions.model_validate(self.model_dump(exclude={"pcm"}))


class TranscribeOptions(NormalizationOptions, SharedDecodingOptions):
    """All options of a recording."""

    glossary: Glossary | None = Field(
        None,
        description=f"{_GLOSSARY_DESCRIPTION} Null: the saved glossary; empty: none.",
    )

    chunk_length_s: float = Field(
        30.0,
        ge=MIN_CHUNK_LENGTH_S,
        le=MAX_CHUNK_S,
        description="Longest chunk of audio given to the model, in seconds; chunks end in pauses.",
    )
    input_format: InputFormat = Field(
        InputFormat.AUTO,
        description="Format of a file without a header, such as telephone audio; `auto`: found "
        "in the content, with the help of the file name's ending.",
    )
    audio_track: int | None = Field(
        None,
        ge=1,
        le=MAX_AUDIO_TRACKS,
        description="Audio track to transcribe, 1 is the first; null: the default track of the "
        "file, or another one if only that has speech.",
    )
    punctuation: Punctuation = Field(
        Punctuation.AUTO,
        description="`auto`: add marks and capitals where the model writes none.",
    )
    numbers: Numbers = Field(
        Numbers.AS_SPOKEN,
        description="`digits`: write numbers, dates, times and amounts in digits (Russian, "
        "English).",
    )
    typography: Typography = Field(
        Typography.NONE,
        description="`auto`: write «quotes», dashes and an unambiguous ё as Russian typography "
        "has them; other languages are left as they are.",
    )
    diarization: Diarization = Field(
        Diarization.NONE, description="How speakers are distinguished; `none`: not at all."
    )
    num_speakers: int | None = Field(
        None,
        ge=1,
        le=20,
        description="`auto` and `voice` only: how many speakers there are, if known.",
    )
    force: bool = Field(False, description="Transcribe even if a transcript is stored already.")
    low_latency: bool = Field(
        False,
        description="Transcribe the first chunk alone and the next ones in growing batches: the "
        "first text comes sooner, the last a little later.",
    )

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return these options with some changed, and not forced.

        Args:
            changes: by name. The parameters of a method that is changed are dropped.

        Raises:
            ValidationError: a change is invalid.
        """
        kept = self.model_dump(mode="json", exclude={"force"}, exclude_defaults=True)
        for method, parameters in _PARAMETERS_BY_METHOD.items():
            if method in changes:
                kept = {name: value for name, value in kept.items() if name not in parameters}
        return self.model_validate(kept | dict(changes))

    @field_validator("num_speakers")
    @classmethod
    def _needs_diarization(cls, value: int | None, info: ValidationInfo) -> int | None:
        method: Diarization | None = info.data.get("diarization")
        if value is not None and method and method in (Diarization.NONE, Diarization.CHANNEL):
            raise ValueError(f"it has no meaning for the diarization {method.value!r}")
        return value

    def normalization_options(self) -> NormalizationOptions:
        """Return the options of loudness."""
        own = self.model_dump(include=set(NormalizationOptions.model_fields))
        return NormalizationOptions.model_validate(own)

    def decoding(self) -> ChunkOptions:
        """Return the options that are sent to the llm, which always times the words."""
        own = self.model_dump(include=set(DecodingOptions.model_fields), exclude_none=True)
        return ChunkOptions.model_validate(own | {"word_timestamps": True})


class TextOptions(BaseModel):
    """The options of how recognised words are written; null: as in the job's options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    punctuation: Punctuation | None = Field(None, description="`none`: the model's own words.")
    numbers: Numbers | None = Field(None, description="`digits`: write numbers in digits.")
    typography: Typography | None = Field(None, description="`auto`: Russian typography.")
    glossary: Glossary | None = Field(
        None, description="How to write names and terms that the model has recognised."
    )
