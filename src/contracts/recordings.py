"""Waveforms, and the preview of a recording before it is transcribed."""

from pydantic import BaseModel, ConfigDict, Field

from contracts.transcription import Seconds

MAX_PEAKS = 1000
"""Limit of peaks in a waveform, which is more than a page can show."""

MAX_EXCERPT_S = 15.0
"""Seconds of the longest excerpt that can be played before transcription."""


class AudioTrack(BaseModel):
    """An audio track of a file, as the file describes it."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(description="1 is the first audio track of the file.")
    codec: str
    language: str | None = Field(
        default=None, description="As the file declares it, such as `rus`; null: it does not."
    )
    title: str | None = None
    is_default: bool = Field(description="Whether the file marks it as the track to play.")


class Waveform(BaseModel):
    """The loudest sample of each stretch of a recording, in order."""

    bucket_s: Seconds = Field(description="Seconds of audio per peak.")
    peaks: list[float] = Field(
        max_length=MAX_PEAKS, description="Amplitudes in [0, 1]; 1 is full scale."
    )


class RecordingPreview(BaseModel):
    """The media properties of an uploaded recording, and the effect of normalisation on it."""

    name: str
    size_bytes: int
    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: Seconds
    analyzed_s: Seconds | None = Field(
        default=None,
        description="Seconds from the start that loudness, waveforms and excerpts cover; null: all "
        "of the recording.",
    )
    loudness_lufs: float | None = Field(
        default=None, description="Loudness of the speech by EBU R 128; null: no speech."
    )
    peak_dbfs: float | None = Field(
        default=None, description="Loudest sample, dB of full scale; null: silence."
    )
    estimate_s: Seconds | None = Field(
        default=None,
        description="Seconds until it would be transcribed, including the queue; "
        "null: the RTF of this machine is not known yet.",
    )
    gain_db: float = Field(description="Gain of the chosen normalisation, in dB.")
    waveform: Waveform
    normalized: Waveform = Field(description="The waveform after normalisation.")
