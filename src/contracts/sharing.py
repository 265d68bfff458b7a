"""Links with which anybody may read one transcript."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from contracts.transcription import Seconds, Speaker

MAX_SHARE_DAYS = 365
MAX_SHARE_LINKS = 20
"""Links of one transcript that are valid at once."""


class ShareRequest(BaseModel):
    """Body of `POST /v1/transcriptions/{id}/shares`."""

    model_config = ConfigDict(extra="forbid")

    expires_in_days: int = Field(
        default=7, ge=1, le=MAX_SHARE_DAYS, description="Days until the link expires."
    )


class ShareLink(BaseModel):
    """A link, without the token that it consists of: only its digest is stored."""

    id: int
    created_at: datetime
    expires_at: datetime


class NewShareLink(ShareLink):
    """A link that was just made; its token cannot be read again."""

    token: str = Field(description="The last part of the address, `/shared/{token}`.")


class ShareLinkList(BaseModel):
    """The valid links of a transcript, oldest first."""

    items: list[ShareLink]


class SharedSegment(BaseModel):
    """A segment as its readers see it."""

    start: Seconds
    end: Seconds
    text: str
    speaker: str | None = None


class SharedTranscript(BaseModel):
    """What a link shows."""

    name: str = Field(description="The title, or else the name of the file.")
    language: str | None
    duration_s: float | None
    has_audio: bool = Field(description="Whether the recording is still stored.")
    expires_at: datetime
    speakers: list[Speaker]
    segments: list[SharedSegment]
