"""The audio format between the services, and the options of loudness normalisation."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

SAMPLE_RATE = 16_000
"""Hz. Source: the Whisper paper, section 2.2: all audio is resampled to 16,000 Hz."""

SAMPLE_WIDTH_BYTES = 2
"""Bytes of one s16le sample."""

MAX_CHUNK_S = 30.0
"""Seconds. Source: the Whisper paper, section 2.1: the model's window is 30 seconds."""

MIN_CHUNK_LENGTH_S = 5.0
"""Seconds. With shorter chunks the model lacks context, and WER rises."""


class InputFormat(StrEnum):
    """The format of a recording; all but `auto` are formats without a header, mono.

    Attributes:
        AUTO: found in the content; the name's ending helps for files without a header.
        ULAW: G.711 μ-law, 8 kHz.
        ALAW: G.711 A-law, 8 kHz.
        SLN: s16le, 8 kHz.
        SLN16: s16le, 16 kHz.
        G722: G.722 at 64 kbit/s, 16 kHz.
        GSM: GSM 06.10 full rate, 8 kHz.
    """

    AUTO = "auto"
    ULAW = "ulaw"
    ALAW = "alaw"
    SLN = "sln"
    SLN16 = "sln16"
    G722 = "g722"
    GSM = "gsm"


class NormalizationMethod(StrEnum):
    """How the loudness of a recording is measured."""

    NONE = "none"
    PEAK = "peak"
    RMS = "rms"
    LUFS = "lufs"


NORMALIZATION_DEFAULTS: dict[NormalizationMethod, tuple[str, float]] = {
    NormalizationMethod.PEAK: ("target_peak", 0.95),
    NormalizationMethod.RMS: ("target_dbfs", -20.0),
    NormalizationMethod.LUFS: ("target_lufs", -20.0),
}
"""The parameter of each method, and its default."""


class NormalizationOptions(BaseModel):
    """A normalisation method with its parameter.

    The method's own parameter has a default. A parameter of another method is an error: it
    would be ignored, and the caller would not notice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    normalization: NormalizationMethod = Field(
        NormalizationMethod.LUFS, description="How the loudness of the speech is measured."
    )
    target_peak: float | None = Field(
        None,
        validate_default=True,
        gt=0,
        le=1,
        description="`peak` only: amplitude of the loudest sample, 1 is full scale.",
    )
    target_dbfs: float | None = Field(
        None,
        validate_default=True,
        ge=-40,
        le=-1,
        description="`rms` only: mean power of the speech, dB of full scale.",
    )
    target_lufs: float | None = Field(
        None,
        validate_default=True,
        ge=-40,
        le=-5,
        description="`lufs` only: loudness of the speech by EBU R 128, LUFS.",
    )

    @field_validator("target_peak", "target_dbfs", "target_lufs")
    @classmethod
    def _belongs_to_the_method(cls, value: float | None, info: ValidationInfo) -> float | None:
        method: NormalizationMethod | None = info.data.get("normalization")
        if method is None:  # the method is invalid, which is reported already
            return value
        own_parameter, default = NORMALIZATION_DEFAULTS.get(method, (None, None))
        if info.field_name == own_parameter:
            return default if value is None else value
        if value is not None:
            raise ValueError(f"{info.field_name} has no meaning for the method {method.value!r}")
        return value
