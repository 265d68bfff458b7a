"""How well models transcribe the recordings whose transcripts were corrected."""

from datetime import datetime

from pydantic import BaseModel, Field

MAX_EVALUATED = 50
"""Most recordings of one evaluation; the latest ones are offered."""


class Figure(BaseModel):
    """A value with the interval that has it with a probability of 95 %."""

    value: float
    low: float
    high: float


class CorrectedRecording(BaseModel):
    """A transcript that its owner has corrected."""

    id: str
    name: str = Field(description="Title of the transcript, or name of the file.")
    created_at: datetime
    model: str
    n_segments: int
    n_corrected: int = Field(description="Segments with a correction.")
    is_evaluated: bool = Field(
        description="False: it was not asked for, another transcript of the recording is the "
        "reference, or the texts are too long."
    )


class ModelAccuracy(BaseModel):
    """The errors of a model, in percent, over the recordings that it has transcribed."""

    model: str
    n_recordings: int
    n_words: int = Field(description="Words of the references.")
    wer: Figure = Field(description="Wrong, missing and additional words per word.")
    cer: Figure = Field(description="The same of characters.")
    rtf: float | None = Field(
        description="Seconds from start to end of the transcriptions per second of audio, lower "
        "is better; null: not known."
    )


class Evaluation(BaseModel):
    """Models compared on corrected transcripts, which are taken for what was said."""

    recordings: list[CorrectedRecording] = Field(
        description=f"The latest {MAX_EVALUATED} corrected transcripts."
    )
    models: list[ModelAccuracy] = Field(description="Fewest wrong words first.")
    recommended: str | None = Field(
        description="Model to use: the fastest of those that make no more errors on the "
        "recordings that all have transcribed, as far as is certain; null: there are none."
    )
