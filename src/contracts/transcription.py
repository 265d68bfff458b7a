"""Transcription options and transcripts, of a chunk and of a whole recording."""

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
    computed_field,
    field_validator,
)

from contracts.audio import MAX_CHUNK_S, MIN_CHUNK_LENGTH_S, InputFormat, NormalizationOptions
from contracts.glossary import MAX_GLOSSARY_LINE_CHARS, MAX_GLOSSARY_LINES, Glossary
from contracts.languages import language_code
from contracts.models import ModelIdentity
from contracts.report import ReportItem
from contracts.thresholds import UNSURE_WORD_PROBABILITY
from contracts.unsure import UnsureSign, unsure_signs


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

MAX_AUDIO_TRACKS = 100
"""Limit of the number of a track; recorders write up to 8, films some dozens."""

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
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


class Word(BaseModel):
    """A word with its times in seconds."""

    word: str
    start: Seconds
    end: Seconds
    probability: Probability
    spoken: str | None = Field(
        default=None, description="What the model wrote, where it is written in another form."
    )
    speaker: str | None = Field(default=None, description="Id of the speaker.")
    marked: str | None = Field(
        default=None,
        exclude=True,
        description="The recognised words with their marks and capitals, where `word` is written "
        "in another form; the text is written anew from them.",
    )


class ChunkSegment(BaseModel):
    """Decoded text with times relative to the chunk, in seconds."""

    start: Seconds
    end: Seconds
    text: str
    avg_logprob: float = Field(
        allow_inf_nan=False, description="Mean natural log-probability of the tokens."
    )
    no_speech_prob: Probability
    compression_ratio: float = Field(
        allow_inf_nan=False, description="Characters of the text per byte of its zlib form."
    )
    words: list[Word] | None = None
    raw_text: str | None = Field(
        default=None, description="The model's own words, where `text` is written in another form."
    )


class QualityIssue(StrEnum):
    """A sign that a decoded text is wrong.

    Attributes:
        REPETITION: the text repeats itself.
        TOO_MANY_TOKENS: the text is longer than anyone can speak in the chunk's time.
        LOW_LOGPROB: the model found its own text improbable.
        SKIPPED_SPEECH: seconds of sound have no words.
        FOREIGN_SCRIPT: the text has letters that its language does not use, or mixes alphabets in
            a word.
    """

    REPETITION = "repetition"
    TOO_MANY_TOKENS = "too_many_tokens"
    LOW_LOGPROB = "low_logprob"
    SKIPPED_SPEECH = "skipped_speech"
    FOREIGN_SCRIPT = "foreign_script"


_WIRE_NAMES = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)
"""JSON keeps the aliases, on the wire and in the database; Python uses the field names."""


class DecodingAttempt(BaseModel):
    """One pass of the decoder over a chunk."""

    model_config = _WIRE_NAMES

    context_s: Seconds = Field(description="Seconds of audio in the encoder's window.")
    temperature: float
    avg_logprob: float = Field(allow_inf_nan=False)
    quality_issues: list[QualityIssue] = Field(
        validation_alias="doubts", serialization_alias="doubts"
    )
    kept: bool = Field(description="Whether the transcript comes from this attempt.")


class ChunkTimings(BaseModel):
    """Where the time for a chunk was spent."""

    queue_s: Seconds = Field(description="Seconds from arrival to the start of the batch.")
    inference_s: Seconds = Field(description="Seconds that the whole batch took.")
    batch_size: int = Field(ge=1)


class ChunkTranscript(BaseModel):
    """The llm's response for a chunk."""

    model_config = _WIRE_NAMES

    text: str
    language: str
    language_probability: Probability
    detected_language: str | None = Field(
        default=None, description="Language that it sounds like, whatever was requested."
    )
    detected_language_probability: Probability = 0.0
    duration_s: Seconds
    segments: list[ChunkSegment]
    attempts: list[DecodingAttempt] = Field(
        default_factory=list[DecodingAttempt],
        description="Passes of the decoder: several where the first text had quality issues.",
    )
    hallucination_suppressed: bool = Field(
        default=False,
        validation_alias="silenced",
        serialization_alias="silenced",
        description="Whether a text was dropped because the model makes it up in silence.",
    )
    model: ModelIdentity
    timings: ChunkTimings


class RecognizedChunk(ChunkTranscript):
    """The text of a chunk after missing speech was decoded again.

    Attributes:
        lead_s: seconds by which its clock starts before the chunk.
        seconds_by_language: seconds of audio in each language; empty: all in `language`.
        seconds_by_detected_language: seconds of audio that surely sound like each language.
        report: what became of speech without words, on the clock of the segments.
        punctuation_failed: whether words stay without marks because adding them failed.
    """

    lead_s: Seconds = 0.0
    seconds_by_language: dict[str, float] = Field(default_factory=dict[str, float])
    seconds_by_detected_language: dict[str, float] = Field(default_factory=dict[str, float])
    report: list[ReportItem] = Field(default_factory=list[ReportItem])
    punctuation_failed: bool = False


class Segment(ChunkSegment):
    """Decoded text with times of the original recording, in seconds."""

    index: int
    original_text: str | None = Field(
        default=None, description="The model's text, if a user corrected it."
    )
    speaker: str | None = Field(
        default=None, description="Id of the speaker; null without `diarization`."
    )
    overlap: bool = Field(
        default=False, description="Whether somebody else speaks during most of it."
    )

    @computed_field(description="Signs that the segment may be wrong; none once it was corrected.")
    @property
    def unsure(self) -> list[UnsureSign]:
        """The signs that the segment may be wrong; none once it was corrected."""
        if self.original_text is not None:
            return []
        return unsure_signs(
            self.avg_logprob,
            self.no_speech_prob,
            self.compression_ratio,
            unsure_words=bool(self.unsure_words),
        )

    @computed_field(description="Indices in `words` of those the model was unsure of.")
    @property
    def unsure_words(self) -> list[int]:
        """Indices in `words` of those the model was unsure of."""
        words = self.words or []
        return [
            index for index, word in enumerate(words) if word.probability < UNSURE_WORD_PROBABILITY
        ]

    def without_words(self) -> Self:
        """Return the segment without the times of its words."""
        return self.model_copy(update={"words": None})


class VoiceSuggestion(BaseModel):
    """A remembered voice that an unnamed speaker may have."""

    voice: str = Field(description="Id of the voice profile.")
    name: str
    certainty: Probability = Field(description="How certain it is that they are one person.")


class Speaker(BaseModel):
    """A speaker of a transcript, numbered by appearance."""

    id: str = Field(description="`S1`, `S2`, …")
    name: str | None = Field(default=None, description="Name given by the owner.")
    merged: list[str] = Field(
        default_factory=list[str], description="Ids of the speakers that were merged into this one."
    )
    suggestion: VoiceSuggestion | None = Field(
        default=None, description="Who it may be, by the voices that the owner had remembered."
    )
    speech_s: Seconds = Field(description="Seconds of the speaker's segments.")
    share: Probability = Field(description="Share of all speakers' seconds.")

    def without_suggestion(self) -> Self:
        """Return the speaker without what remembered voices suggest: only the owner sees that."""
        return self.model_copy(update={"suggestion": None})


class Transcript(BaseModel):
    """The text of a recording; its segments are in order and never overlap."""

    text: str
    language: str
    duration_s: float
    speech_s: float = Field(description="Seconds of detected speech.")
    segments: list[Segment]
    report: list[ReportItem] = Field(
        default_factory=list[ReportItem],
        description="What became of speech without words, and of speech that was decoded again.",
    )
    speakers: list[Speaker] = Field(
        default_factory=list[Speaker], description="By appearance; empty without `diarization`."
    )

    def without_words(self) -> Self:
        """Return the transcript without the times of its words."""
        segments = [segment.without_words() for segment in self.segments]
        return self.model_copy(update={"segments": segments})
