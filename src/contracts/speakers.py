"""Who speaks when: the voices that the llm finds in a stretch of audio."""

from pydantic import BaseModel, Field

from contracts.transcription import Seconds

SPEAKER_WINDOW_S = 10.0
"""Seconds. Source: pyannote's segmentation 3.0 was trained on windows of 10 seconds."""

SPEAKER_HOP_S = 5.0
"""Seconds from one window to the next: each moment lies in two windows."""


class VoiceSpan(BaseModel):
    """A stretch in which a voice speaks without a pause, in seconds from the start of the audio.

    Each turn has an embedding of its own, because the segmentation may take two
    people in a window for one voice.
    """

    start: Seconds
    end: Seconds
    embedding: list[float] | None = Field(
        description="A vector of length 1 that is alike for the same person; null if the turn is "
        "too short."
    )


class Voice(BaseModel):
    """One voice in a window."""

    turns: list[VoiceSpan] = Field(description="When it speaks, in order.")


class VoiceWindow(BaseModel):
    """The voices in one window; which is which in another window, the embeddings tell."""

    start: Seconds
    end: Seconds
    voices: list[Voice]


class SpeakerSegmentation(BaseModel):
    """The llm's response for a stretch of audio: overlapping windows, in order."""

    duration_s: Seconds
    windows: list[VoiceWindow]
    inference_s: Seconds = Field(description="Seconds that the networks took.")
