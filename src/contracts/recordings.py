"""What is known of a recording before it is transcribed, and how its sound looks."""

from pydantic import BaseModel, Field

from contracts.transcription import Seconds

MAX_PEAKS = 1000
"""Bars of a waveform at most: more than a page has room for."""

MAX_EXCERPT_S = 15.0
"""Seconds of sound that can be listened to before a recording is transcribed."""


class Waveform(BaseModel):
    """The loudest sample of each stretch of a recording, in order."""

    bucket_s: Seconds = Field(description="Seconds that one peak stands for.")
    peaks: list[float] = Field(
        max_length=MAX_PEAKS, description="Amplitudes in [0, 1]; 1 is full scale."
    )


class RecordingPreview(BaseModel):
    """A recording that has been uploaded: what is in it, and what normalisation does to it."""

    name: str
    size_bytes: int
    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: Seconds
    loudness_lufs: float | None = Field(
        default=None, description="Of the speech, by EBU R 128; null: there is none."
    )
    peak_dbfs: float | None = Field(
        default=None, description="The loudest sample, dB of full scale; null: silence."
    )
    estimate_s: Seconds | None = Field(
        default=None,
        description="Seconds until it would be transcribed, those that wait before it included; "
        "null: this machine's speed is not known yet.",
    )
    gain_db: float = Field(description="What the normalisation chosen does, in dB.")
    waveform: Waveform
    normalized: Waveform = Field(description="The waveform after normalisation.")
