"""Transcripts, of a chunk and of a whole recording."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    computed_field,
)

from contracts.models import ModelIdentity
from contracts.report import ReportItem
from contracts.thresholds import UNSURE_WORD_PROBABILITY
from contracts.unsure import UnsureSign, unsure_signs

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]


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
        "in another form; the text is rewritten from them.",
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
    inference_s: Seconds = Field(
        description="Seconds that the whole batch took, without those that passed it."
    )
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
