"""The account of speech: what became of speech that has no words, or was decoded again."""

from enum import StrEnum

from pydantic import BaseModel, Field


class ReportKind(StrEnum):
    """What became of a stretch of speech.

    Attributes:
        MUSIC: the detector found speech, but it sounds like music or a tone.
        NOISE: the detector found speech, but the model recognised no words.
        DOUBTFUL: the words, if there are any, are probably wrong or incomplete.
        DROPPED_AS_SILENCE: a text that the model makes up in silence was dropped.
        DECODED_AGAIN: words were missing, and a second attempt found them.
    """

    MUSIC = "music"
    NOISE = "noise"
    DOUBTFUL = "doubtful"
    DROPPED_AS_SILENCE = "dropped_as_silence"
    DECODED_AGAIN = "decoded_again"


class ReportItem(BaseModel):
    """A stretch of speech without reliable words, or one that was decoded again."""

    start: float = Field(ge=0, allow_inf_nan=False, description="Seconds.")
    end: float = Field(ge=0, allow_inf_nan=False, description="Seconds.")
    kind: ReportKind
    detail: str = Field(description="A sentence in English.")


class Report(BaseModel):
    """Body of `GET /v1/transcriptions/{id}/report`: the items in order of their starts."""

    items: list[ReportItem]
