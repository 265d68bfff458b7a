"""A recording on its way to a transcript."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from contracts.models import ModelIdentity
from contracts.problems import Problem
from contracts.transcription import Seconds, TranscribeOptions, Transcript


class JobStatus(StrEnum):
    """The life of a job; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class Stage(StrEnum):
    """What a running job is doing, in the order in which it does it."""

    DECODING = "decoding"
    DETECTING_SPEECH = "detecting_speech"
    MEASURING_LOUDNESS = "measuring_loudness"
    TRANSCRIBING = "transcribing"
    DONE = "done"


class JobWarning(StrEnum):
    """What a reader of the transcript should know.

    The file's end is missing or damaged; it holds NaN or infinite samples, read as silence;
    the llm changed its model on the way, so that two models made the text.
    """

    TRUNCATED = "truncated"
    NON_FINITE_SAMPLES = "non_finite_samples"
    MODEL_CHANGED = "model_changed"


class Progress(BaseModel):
    """How far a job is; times in seconds of audio, but `eta_s` in seconds to wait."""

    processed_s: float = 0.0
    total_s: float = 0.0
    chunks_done: int = 0
    chunks_total: int = 0
    eta_s: float | None = Field(
        default=None, description="Seconds left, once they can be estimated."
    )
    stage: Stage | None = None


class FileInfo(BaseModel):
    """What was sent; what its content says, not its name."""

    name: str
    size_bytes: int
    sha256: str
    duration_s: float | None = Field(default=None, description="Null until known.")
    container: str
    codec: str
    sample_rate: int
    channels: int


class UploadedRecording(TranscribeOptions):
    """Body of `POST /v1/transcriptions` after a resumable upload: its id and the options."""

    upload_id: str

    def options(self) -> TranscribeOptions:
        """Return the options without the upload's id."""
        return TranscribeOptions.model_validate(self.model_dump(exclude={"upload_id"}))


class SearchHit(BaseModel):
    """Where in a transcript the words of a query were found first."""

    segment_index: int
    start: Seconds = Field(description="When the segment begins, in seconds.")
    marks: list[tuple[int, int]] = Field(
        description="The words found, as [start, end) in `snippet`; in code points."
    )


class Job(BaseModel):
    """One recording, what is done with it and what came of it."""

    id: str
    status: JobStatus
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    file: FileInfo
    options: TranscribeOptions
    model: ModelIdentity | None = None
    cached: bool = False
    progress: Progress = Field(default_factory=Progress)
    result: Transcript | None = Field(
        default=None, description="The segments so far, while it runs."
    )
    warnings: list[JobWarning] = Field(default_factory=list[JobWarning])
    error: Problem | None = None
    snippet: str | None = Field(
        default=None, description="In search results: the text around the hit; never markup."
    )
    hit: SearchHit | None = Field(default=None, description="In search results: where it is.")


class JobPage(BaseModel):
    """Part of the history, newest first; the jobs come without their results."""

    items: list[Job]
    next_cursor: str | None = Field(
        default=None, description="To be given back for what follows; null at the end."
    )
