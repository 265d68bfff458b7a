"""Who speaks when: the voices that the llm finds in a stretch of audio."""

from pydantic import BaseModel, Field

from contracts.transcription import Seconds

SPEAKER_WINDOW_S = 10.0
"""Seconds. Source: pyannote's segmentation 3.0 was trained on windows of 10 seconds."""

SPEAKER_HOP_S = 5.0
"""Seconds from one window to the next: each moment lies in two windows."""


class Voice(BaseModel):
    """One voice in a window; times are in seconds from the start of the audio."""

    turns: list[tuple[Seconds, Seconds]] = Field(description="When it speaks, in order.")
    embedding: list[float] | None = Field(
        description="A vector of length 1 that is alike for the same person; null if the voice "
        "never speaks alone for long enough."
    )


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
