"""How much was transcribed, and the state of the backend."""

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, Field, computed_field

DAYS_SHOWN = 90
"""Days in the statistics; the last one is today."""


SPEAKERS_SHOWN = 20
"""Names in the statistics: those who speak longest."""


class DatabaseKind(StrEnum):
    """The database of jobs and their texts."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class CacheKind(StrEnum):
    """The cache of finished transcripts."""

    MEMORY = "memory"
    REDIS = "redis"


class DayStatistics(BaseModel):
    """The transcribed recordings that arrived on one day."""

    day: date = Field(description="In UTC.")
    audio_s: float
    n_recordings: int


class SpeakerStatistics(BaseModel):
    """How long the speakers of a name speak, in all transcriptions."""

    name: str | None = Field(description="Null: all who have no name together.")
    speech_s: float
    share: float = Field(description="Of the speech of all speakers, from 0 to 1.")


class DiskUsage(BaseModel):
    """Disk space that the data uses, and what is free; with API keys rounded down to GiB."""

    database_bytes: int
    recordings_bytes: int = Field(description="With API keys: of this owner.")
    work_bytes: int = Field(description="Unfinished uploads and recordings being transcribed.")
    free_bytes: int


class Statistics(BaseModel):
    """The totals of one owner, and the state of the backend."""

    n_recordings: int = Field(description="Transcribed recordings.")
    audio_s: float = Field(description="Their total duration.")
    n_words: int = Field(description="Words in their texts, without corrections.")
    rtf: float | None = Field(
        default=None,
        description="Inference seconds per second of audio, lower is better, over the latest "
        "recordings of more than 30 seconds; waiting does not count. With API keys to one "
        "significant digit; null: not known yet.",
    )
    by_day: list[DayStatistics] = Field(
        description=f"Each of the last {DAYS_SHOWN} days, today last."
    )
    speakers: list[SpeakerStatistics] = Field(
        description=f"The {SPEAKERS_SHOWN} names with most speech, longest first, then all who "
        "have no name; empty where speakers were never distinguished."
    )
    n_queued: int = Field(description="Queued jobs; of all owners without API keys.")
    n_running: int = Field(description="Running jobs; of all owners without API keys.")
    disk: DiskUsage
    data_dir: str = Field(description="Empty with API keys.")
    version: str
    database: DatabaseKind
    cache: CacheKind

    @computed_field(description="Seconds of audio transcribed per second: 1 / `rtf`.")
    @property
    def speed(self) -> float | None:
        """Seconds of audio transcribed per second, kept for clients that read it."""
        return 1 / self.rtf if self.rtf else None
