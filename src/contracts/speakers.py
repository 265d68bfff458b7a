"""Who speaks when: the voices that the llm finds in a stretch of audio."""

from pydantic import BaseModel, Field

from contracts.transcription import Seconds

MAX_VOICE_AUDIO_S = 60.0
"""Seconds of a request at most. The networks take a quarter less time for a minute than for its
halves."""

MAX_VOICE_TURN_S = 5.0
"""Seconds; longer turns are divided, so that each part has an embedding of its own: two people who
follow each other closely may pass for one voice."""


class VoiceSpan(BaseModel):
    """A stretch in which a voice speaks without a pause, in seconds from the start of the audio.

    Each turn has an embedding of its own, because the segmentation may take two people for one
    voice.
    """

    start: Seconds
    end: Seconds
    voice: int = Field(
        ge=0, description="Turns that overlap have different numbers; later ones may share them."
    )
    embedding: list[float] | None = Field(
        description="A vector of length 1 that is alike for the same person; null if the turn is "
        "too short."
    )


class SpeakerSegmentation(BaseModel):
    """The llm's response for a stretch of audio."""

    duration_s: Seconds
    turns: list[VoiceSpan] = Field(description="The turns, by start.")
    inference_s: Seconds = Field(description="Seconds that the networks took.")
