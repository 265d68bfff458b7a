"""How much was transcribed, and how the machine is."""

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, Field, computed_field

DAYS_SHOWN = 90
"""Days of which the statistics tell, the last one being today."""


class DatabaseKind(StrEnum):
    """Where jobs and their texts are kept."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class CacheKind(StrEnum):
    """Where finished transcripts are kept at hand."""

    MEMORY = "memory"
    REDIS = "redis"


class DayStatistics(BaseModel):
    """What was sent on one day and is transcribed."""

    day: date = Field(description="In UTC.")
    audio_s: float
    n_recordings: int


class DiskUsage(BaseModel):
    """What the data takes of the disk, and what is left of it."""

    database_bytes: int
    recordings_bytes: int
    work_bytes: int = Field(description="Uploads under way and recordings being worked on.")
    free_bytes: int


class Statistics(BaseModel):
    """What the owner has transcribed, and the state of the backend."""

    n_recordings: int = Field(description="Recordings that are transcribed.")
    audio_s: float = Field(description="Their length in all.")
    n_words: int = Field(description="Words of their texts, as the model wrote them.")
    rtf: float | None = Field(
        default=None,
        description="Processing seconds per second of audio, lower is better: the median of the "
        "last jobs; null: not known yet.",
    )
    by_day: list[DayStatistics] = Field(
        description=f"Each of the last {DAYS_SHOWN} days, today last."
    )
    n_queued: int = Field(description="Jobs of all owners that wait.")
    n_running: int = Field(description="Jobs of all owners that are worked on.")
    disk: DiskUsage
    data_dir: str
    version: str
    database: DatabaseKind
    cache: CacheKind

    @computed_field(description="Seconds of audio transcribed per second: 1 / `rtf`.")
    @property
    def speed(self) -> float | None:
        """Seconds of audio transcribed per second, kept for clients that read it."""
        return 1 / self.rtf if self.rtf else None
