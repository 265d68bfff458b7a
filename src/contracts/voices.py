"""Voice profiles: people whose voices an owner had remembered."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.jobs import SpeakerName
from contracts.transcription import Seconds

MAX_VOICES = 100
"""Of one owner."""

MIN_VOICE_SPEECH_S = 5.0
"""Seconds that a speaker must speak alone, in phrases of at least a second."""


class VoiceProfile(BaseModel):
    """A person whose voice is remembered; the voice print itself is never returned."""

    id: str
    name: str
    created_at: datetime
    speech_s: Seconds = Field(description="Seconds of speech that the voice print is made of.")


class VoiceProfileList(BaseModel):
    """All voice profiles of an owner, by name."""

    items: list[VoiceProfile]


class VoiceRenaming(BaseModel):
    """Body of `PATCH /v1/voices/{id}`."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[SpeakerName, Field(min_length=1)]
