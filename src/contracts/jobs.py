"""Transcription jobs: requests, state and history."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from contracts.models import ModelIdentity
from contracts.options import TranscribeOptions
from contracts.problems import Problem
from contracts.recordings import AudioTrack
from contracts.transcription import Seconds, Segment, Speaker, Transcript


class JobStatus(StrEnum):
    """The status of a job; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class Stage(StrEnum):
    """The stages of a running job, in order.

    Attributes:
        PUNCTUATING: of a completed job: marks and capitals are being added to its text.
    """

    DECODING = "decoding"
    DETECTING_SPEECH = "detecting_speech"
    MEASURING_LOUDNESS = "measuring_loudness"
    TRANSCRIBING = "transcribing"
    FINDING_SPEAKERS = "finding_speakers"
    PUNCTUATING = "punctuating"
    DONE = "done"


class JobWarning(StrEnum):
    """A limitation of a transcript.

    Attributes:
        TRUNCATED: the end of the file is missing or damaged.
        NON_FINITE_SAMPLES: NaN or infinite samples were read as silence.
        MODEL_CHANGED: two models made the text, because the llm changed its model.
        SPEAKERS_UNKNOWN: the speaker networks failed, so nobody knows who said what.
        PUNCTUATION_FAILED: some of the text has no marks and capitals, because adding them failed.
        RECORDING_NOT_STORED: the text has no marks and capitals, because adding them needs the
            recording, which is no longer stored.
        OTHER_AUDIO_TRACKS: the file has further audio tracks, and the request named none.
    """

    TRUNCATED = "truncated"
    NON_FINITE_SAMPLES = "non_finite_samples"
    MODEL_CHANGED = "model_changed"
    SPEAKERS_UNKNOWN = "speakers_unknown"
    PUNCTUATION_FAILED = "punctuation_failed"
    RECORDING_NOT_STORED = "recording_not_stored"
    OTHER_AUDIO_TRACKS = "other_audio_tracks"

    @property
    def is_about_file(self) -> bool:
        """Whether it is about the file, not about a result that others may share."""
        return self in (
            JobWarning.TRUNCATED,
            JobWarning.NON_FINITE_SAMPLES,
            JobWarning.OTHER_AUDIO_TRACKS,
        )


class Progress(BaseModel):
    """Progress in seconds of audio; `eta_s` is in seconds of real time."""

    processed_s: float = 0.0
    total_s: float = 0.0
    chunks_done: int = 0
    chunks_total: int = 0
    eta_s: float | None = Field(default=None, description="Seconds left, once it can be estimated.")
    stage: Stage | None = None


class FileInfo(BaseModel):
    """The uploaded file; container and codec come from its content, not from its name."""

    name: str
    size_bytes: int
    sha256: str
    duration_s: float | None = Field(default=None, description="Null until known.")
    container: str
    codec: str
    sample_rate: int
    channels: int
    audio_tracks: list[AudioTrack] = Field(default_factory=list[AudioTrack])
    audio_track: int | None = Field(
        default=None, description="Number of the track that is transcribed."
    )


class UploadedRecording(TranscribeOptions):
    """JSON body of `POST /v1/transcriptions`: the id of a finished upload, and options."""

    upload_id: str

    def options(self) -> TranscribeOptions:
        """Return the options without the upload's id."""
        return TranscribeOptions.model_validate(self.model_dump(exclude={"upload_id"}))


def one_line(value: object) -> object:
    """Return a text on one line, without invisible characters."""
    if not isinstance(value, str):
        return value
    return " ".join("".join(c for c in value if c.isprintable() or c.isspace()).split())


def _without_duplicates(tags: list[str]) -> list[str]:
    """Drop the tags that differ from an earlier one only in case."""
    return list({tag.casefold(): tag for tag in reversed(tags)}.values())[::-1]


MAX_TITLE_CHARS = 200
MAX_TAG_CHARS = 50
MAX_FOLDER_CHARS = 100
MAX_TAGS = 20
MAX_SPEAKER_NAME_CHARS = 100
MAX_SEGMENT_CHARS = 10_000
MAX_QUERY_CHARS = 500
MAX_PAGE_JOBS = 100

Title = Annotated[str, BeforeValidator(one_line), Field(max_length=MAX_TITLE_CHARS)]
Folder = Annotated[str, BeforeValidator(one_line), Field(max_length=MAX_FOLDER_CHARS)]
SpeakerName = Annotated[str, BeforeValidator(one_line), Field(max_length=MAX_SPEAKER_NAME_CHARS)]
SpeakerId = Annotated[str, Field(pattern=r"^S[1-9][0-9]{0,2}$")]
Tag = Annotated[str, BeforeValidator(one_line), Field(min_length=1, max_length=MAX_TAG_CHARS)]


class JobDescription(BaseModel):
    """Body of `PATCH /v1/transcriptions/{id}`; omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = Field(
        default=None, description="Shown instead of the file name; null or blank: the file name."
    )
    tags: Annotated[list[Tag], AfterValidator(_without_duplicates), Field(max_length=MAX_TAGS)] = (
        Field(
            default_factory=list[str],
            description="All tags of the job; they replace the present ones.",
        )
    )
    folder: Folder | None = Field(
        default=None, description="The folder that the job is moved to; null or blank: none."
    )


class SegmentCorrection(BaseModel):
    """Body of a segment correction; omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(
        default="",
        max_length=MAX_SEGMENT_CHARS,
        description="The model's own text undoes an earlier correction.",
    )
    speaker: SpeakerId | None = Field(
        default=None, description="Who says it; null: whoever was recognised."
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("`text` or `speaker` is required")
        return self


class SegmentBorder(BaseModel):
    """Body of a split, or of a move of the border between two segments; one or both fields."""

    model_config = ConfigDict(extra="forbid")

    word: int | None = Field(
        default=None,
        ge=1,
        strict=True,
        description="Index in `words` of the first word after the border; default: the first one "
        "after `text_offset`.",
    )
    text_offset: int | None = Field(
        default=None,
        ge=0,
        strict=True,
        le=2 * MAX_SEGMENT_CHARS,
        description="Where the text is split, in code points; inside a word: at its nearer end. "
        "Default: where the word begins.",
    )

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.word is None and self.text_offset is None:
            raise ValueError("`word` or `text_offset` is required")
        return self


class SegmentList(BaseModel):
    """The segments that replace those of a request, in order."""

    items: list[Segment]


class SpeakerNaming(BaseModel):
    """Body of `PATCH /v1/transcriptions/{id}/speakers/{speaker}`."""

    model_config = ConfigDict(extra="forbid")

    name: SpeakerName | None = Field(
        description="The name, or the id of an unnamed one, of another speaker merges this one "
        "into it. Null or blank undoes that, or else removes the name."
    )


class SpeakerList(BaseModel):
    """All speakers of a transcript, by appearance."""

    items: list[Speaker]


class TagCount(BaseModel):
    """A tag, and the number of jobs that have it."""

    tag: str
    n_jobs: int


class TagList(BaseModel):
    """All tags of an owner, sorted by name."""

    items: list[TagCount]


class FolderCount(BaseModel):
    """A folder, and the number of jobs in it."""

    folder: str
    n_jobs: int


class FolderList(BaseModel):
    """All folders of an owner, sorted by name."""

    items: list[FolderCount]


class FolderRenaming(BaseModel):
    """Body of `PATCH /v1/folders`."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Folder, Field(min_length=1)]


MAX_FIRST_LINE_CHARS = 200
MAX_SHOWN_HITS = 5


class JobSummary(BaseModel):
    """A finished transcript at a glance."""

    first_line: str = Field(max_length=MAX_FIRST_LINE_CHARS)
    n_words: int
    n_speakers: int = Field(description="0: they were not distinguished.")
    n_unsure: int = Field(description="Segments to check.")


class SearchHit(BaseModel):
    """A segment that matches a query."""

    segment_index: int
    start: Seconds = Field(description="Start of the segment, in seconds.")
    snippet: str = Field(description="Plain text around the first match in the segment.")
    marks: list[tuple[int, int]] = Field(
        description="Matched words as [start, end) in `snippet`, in code points."
    )


class NoteHit(BaseModel):
    """A note that matches a query."""

    note: int = Field(description="Id of the note.")
    time: Seconds
    snippet: str = Field(description="Plain text around the first match in the note.")
    marks: list[tuple[int, int]] = Field(description="As in `hits`.")


class Job(BaseModel):
    """A recording and its transcription."""

    id: str
    status: JobStatus
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    title: str | None = Field(default=None, description="Title given by the owner.")
    tags: list[str] = Field(default_factory=list[str])
    folder: str | None = Field(default=None, description="Folder given by the owner.")
    file: FileInfo
    options: TranscribeOptions
    model: ModelIdentity | None = None
    cached: bool = False
    language: str | None = Field(
        default=None, description="Spoken language, once some text is recognised."
    )
    detected_language: str | None = Field(
        default=None,
        description="Language that most of the recording surely sounds like, whatever was "
        "requested; null: unknown.",
    )
    queue_position: int | None = Field(
        default=None, description="While queued: 1 is the next to start."
    )
    progress: Progress = Field(default_factory=Progress)
    result: Transcript | None = Field(
        default=None, description="While running: the segments so far."
    )
    warnings: list[JobWarning] = Field(default_factory=list[JobWarning])
    error: Problem | None = None
    snippet: str | None = Field(
        default=None, description="In search results: plain text around the match."
    )
    hit: SearchHit | None = Field(
        default=None, description="In search results: position of the match."
    )
    hits: list[SearchHit] = Field(
        default_factory=list[SearchHit],
        description=f"In search results: the first matches, at most {MAX_SHOWN_HITS}.",
    )
    note_hits: list[NoteHit] = Field(
        default_factory=list[NoteHit],
        description=f"In search results: matching notes by time, at most {MAX_SHOWN_HITS}.",
    )
    n_hits: int = Field(default=0, description="In search results: number of matching segments.")
    summary: JobSummary | None = Field(
        default=None, description="In the history: a finished transcript at a glance."
    )

    def as_requested(self, word_timestamps: bool | None = None) -> Self:
        """Return the job with the times of words, or without them.

        Args:
            word_timestamps: whether to keep them; None: as in the job's options.
        """
        keep = self.options.word_timestamps if word_timestamps is None else word_timestamps
        if keep or self.result is None:
            return self
        return self.model_copy(update={"result": self.result.without_words()})


class JobPage(BaseModel):
    """A page of the history, newest first; jobs come without results."""

    items: list[Job]
    next_cursor: str | None = Field(
        default=None, description="`cursor` of the next page; null on the last page."
    )
