"""A recording on its way to a transcript."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

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


def _one_line(value: object) -> object:
    """Return a text on one line, without what cannot be seen."""
    if not isinstance(value, str):
        return value
    return " ".join("".join(c for c in value if c.isprintable() or c.isspace()).split())


def _each_once(tags: list[str]) -> list[str]:
    """Return tags without those that differ from an earlier one by case alone."""
    return list({tag.casefold(): tag for tag in reversed(tags)}.values())[::-1]


MAX_TITLE_CHARS = 200
MAX_TAG_CHARS = 50
MAX_TAGS = 20

Title = Annotated[str, BeforeValidator(_one_line), Field(max_length=MAX_TITLE_CHARS)]
Tag = Annotated[str, BeforeValidator(_one_line), Field(min_length=1, max_length=MAX_TAG_CHARS)]


class JobDescription(BaseModel):
    """What its owner calls a job; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = Field(
        default=None, description="Shown in place of the file's name; null or blank: that name."
    )
    tags: Annotated[list[Tag], AfterValidator(_each_once), Field(max_length=MAX_TAGS)] = Field(
        default_factory=list[str], description="All the tags it is to have."
    )


class SegmentCorrection(BaseModel):
    """What a segment should say; the model's own text takes a correction back."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=10_000)


class TagCount(BaseModel):
    """A tag, and how many jobs have it."""

    tag: str
    n_jobs: int


class TagList(BaseModel):
    """An owner's tags, by name."""

    items: list[TagCount]


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
    title: str | None = Field(default=None, description="What its owner calls it.")
    tags: list[str] = Field(default_factory=list[str])
    file: FileInfo
    options: TranscribeOptions
    model: ModelIdentity | None = None
    cached: bool = False
    language: str | None = Field(
        default=None, description="What is spoken, once something was recognised."
    )
    queue_position: int | None = Field(
        default=None, description="While it is queued: 1 is the next one to begin."
    )
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
