"""The formats in which transcripts can be exported, and how many at once."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator


class ExportFormat(StrEnum):
    """A file format, named by its file ending."""

    media_type: str
    """Value of `Content-Type`."""

    default_timestamps: bool | None
    """Whether times are written by default; None: always, the format has no choice."""

    TXT = ("txt", "text/plain; charset=utf-8", False)
    DOCX = (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        True,
    )
    MD = ("md", "text/markdown; charset=utf-8", False)
    SRT = ("srt", "application/x-subrip; charset=utf-8")
    VTT = ("vtt", "text/vtt; charset=utf-8")
    TSV = ("tsv", "text/tab-separated-values; charset=utf-8")
    JSON = ("json", "application/json")

    def __new__(
        cls, name: str, media_type: str, default_timestamps: bool | None = None
    ) -> "ExportFormat":
        """Create a member whose value is its name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.media_type = media_type
        member.default_timestamps = default_timestamps
        return member

    @property
    def has_optional_speakers(self) -> bool:
        """Whether a caller may choose to have the names of speakers or not; JSON has all data."""
        return self is not ExportFormat.JSON

    @property
    def has_optional_timestamps(self) -> bool:
        """Whether a caller may choose to have times or not."""
        return self.default_timestamps is not None


MAX_EXPORTED_TRANSCRIPTS = 500
"""Transcripts in one zip: as many as the page's history shows at once."""


class ExportRequest(BaseModel):
    """Body of `POST /v1/transcriptions/export`."""

    model_config = ConfigDict(extra="forbid")

    format: ExportFormat
    ids: list[str] = Field(
        min_length=1, max_length=MAX_EXPORTED_TRANSCRIPTS, description="Ids of jobs."
    )
    speakers: bool | None = Field(
        None, description="Not for `json`: with the names of speakers; null: if known."
    )

    @field_validator("speakers")
    @classmethod
    def _has_meaning(cls, value: bool | None, info: ValidationInfo) -> bool | None:
        kind: ExportFormat | None = info.data.get("format")
        if value is not None and kind is not None and not kind.has_optional_speakers:
            raise ValueError(f"it has no meaning for the format {kind.value!r}")
        return value
