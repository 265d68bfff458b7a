"""Define the tables; `migrations/` creates them.

files 1─1 transcriptions 1─n segments 1─n words
                         │            1─1 edits, where a segment was corrected
                         │            1─1 speaker_edits, where it was given to another speaker
                         1─n speakers, where one was named or merged
                         1─n voice_suggestions n─1 voices, which belong to an owner
                         1─n tags
                         1─n report_items
                         1─n notes
                         1─n share_links
                         1─n chunk_transcripts, so that no chunk is transcribed twice

Deleting a transcription deletes all of these but `voices` (`ON DELETE CASCADE`). `day_totals` and
`speaker_totals` have the sums, and `backends` the running backends.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    Date,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from backend.storage.database.columns import CompressedJson, Json, PlainText, UtcDateTime
from contracts.jobs import JobStatus, JobWarning, Stage
from contracts.options import TranscribeOptions
from contracts.problems import Problem
from contracts.recordings import AudioTrack, Waveform
from contracts.report import ReportKind
from contracts.transcription import RecognizedChunk

UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)

BigInt = BigInteger().with_variant(Integer, "sqlite")
"""SQLite assigns row numbers only in a column of the type INTEGER."""


def enum_of(kind: type[StrEnum]) -> Enum:
    """Return a column type that stores the values of an enum."""
    return Enum(kind, native_enum=False, length=32, values_callable=_values)


def _values(kind: type[StrEnum]) -> list[str]:
    return [one.value for one in kind]


class Base(DeclarativeBase):
    """Name the constraints, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: PlainText, datetime: UtcDateTime}  # noqa: RUF012 SQLAlchemy's


Number = Annotated[int, mapped_column(BigInt, primary_key=True)]
"""Grows with each row and is never reused: the order of arrival."""


class FileRow(Base):
    """An uploaded recording.

    Attributes:
        audio_sha256: of the decoded 16 kHz mono PCM; null until it is decoded.
        blob: name in the store of blobs, such as `blobs/ab/ab…`; null after the recording was
            dropped.
        audio_track: number of the track that is transcribed; null in rows of earlier versions.
        waveform: null until the recording is decoded.
    """

    __tablename__ = "files"

    id: Mapped[Number]
    owner: Mapped[str]
    name: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInt)
    sha256: Mapped[str]
    audio_sha256: Mapped[str | None]
    container: Mapped[str]
    codec: Mapped[str]
    sample_rate: Mapped[int]
    channels: Mapped[int]
    duration_s: Mapped[float | None]
    blob: Mapped[str | None] = mapped_column(index=True)
    audio_tracks: Mapped[list[AudioTrack]] = mapped_column(
        Json(list[AudioTrack]), server_default="[]"
    )
    audio_track: Mapped[int | None]
    waveform: Mapped[Waveform | None] = mapped_column(CompressedJson(Waveform), deferred=True)

    __table_args__ = (
        Index(None, "owner", "audio_sha256"),
        Index(None, "owner", "sha256"),
        Index(
            None,
            "owner",
            "size_bytes",
            sqlite_where=text("blob IS NOT NULL"),
            postgresql_where=text("blob IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )


class TranscriptionRow(Base):
    """A job and its result, without the segments.

    Attributes:
        number: the order of arrival, independent of the clock.
        options_key: set once this job computes, or has, the result for that key.
        speech_s: null until the recording is prepared.
        n_words: words of the model's texts; null until the job is completed.
        title_lemmas: the title's lemmas with a space around each; null without a title.
        primary_number: of the job whose result this one waits for; see `deduplication`.
        resumed_at: time at which it was last queued again after it had ended.
        unclean_starts: starts since the job last got further that did not end with it or with a
            clean stop of the backend; the current one counts until then.
        revision: grows with each change of a finished job.
        traceparent: the trace in which it was submitted; null without tracing.
        is_punctuating: whether the text of a completed job is to be punctuated once more. It is no
            value of `stage`, so that backends of versions without it can read the row.
    """

    __tablename__ = "transcriptions"

    number: Mapped[Number]
    id: Mapped[str] = mapped_column(unique=True)
    owner: Mapped[str]
    file_id: Mapped[int] = mapped_column(BigInt, ForeignKey("files.id"), index=True)
    status: Mapped[JobStatus] = mapped_column(enum_of(JobStatus), index=True)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None]
    title: Mapped[str | None]
    title_lemmas: Mapped[str | None]
    folder: Mapped[str | None]
    options: Mapped[TranscribeOptions] = mapped_column(Json(TranscribeOptions))
    options_key: Mapped[str | None]
    model_name: Mapped[str | None]
    model_revision: Mapped[str | None]
    model_engine: Mapped[str | None]
    model_device: Mapped[str | None]
    language: Mapped[str | None]
    detected_language: Mapped[str | None]
    speech_s: Mapped[float | None]
    n_words: Mapped[int | None]
    cached: Mapped[bool] = mapped_column(default=False)
    primary_number: Mapped[int | None] = mapped_column(
        "joined_to", BigInt, ForeignKey("transcriptions.number", ondelete="SET NULL"), index=True
    )
    stage: Mapped[Stage | None] = mapped_column(enum_of(Stage))
    processed_s: Mapped[float] = mapped_column(default=0.0)
    total_s: Mapped[float] = mapped_column(default=0.0)
    chunks_done: Mapped[int] = mapped_column(default=0)
    chunks_total: Mapped[int] = mapped_column(default=0)
    eta_s: Mapped[float | None]
    warnings: Mapped[list[JobWarning]] = mapped_column(Json(list[JobWarning]), default=list)
    error: Mapped[Problem | None] = mapped_column(Json(Problem))
    unclean_starts: Mapped[int] = mapped_column(default=0, server_default="0")
    revision: Mapped[int] = mapped_column(default=0)
    traceparent: Mapped[str | None]
    is_punctuating: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (
        Index(None, "owner", "number"),
        Index(None, "owner", "status", "number"),
        Index(
            None,
            "owner",
            "folder",
            sqlite_where=text("folder IS NOT NULL"),
            postgresql_where=text("folder IS NOT NULL"),
        ),
        Index(
            None,
            "owner",
            "number",
            "title_lemmas",
            sqlite_where=text("title_lemmas IS NOT NULL"),
            postgresql_where=text("title_lemmas IS NOT NULL"),
        ),
        Index(
            None,
            "is_punctuating",
            sqlite_where=text("is_punctuating = 1"),
            postgresql_where=text("is_punctuating"),
        ),
        {"sqlite_autoincrement": True},
    )


class SegmentRow(Base):
    """A segment of the model's text; times in seconds of the recording.

    Attributes:
        speaker: id of the speaker; null if unknown.
        lemmas: of the model's text and its correction, sorted, separated by spaces; the
            full-text index reads this column.
    """

    __tablename__ = "segments"

    id: Mapped[Number]
    transcription_number: Mapped[int] = mapped_column(
        BigInt, ForeignKey("transcriptions.number", ondelete="CASCADE")
    )
    index: Mapped[int]
    start: Mapped[float]
    end: Mapped[float]
    text: Mapped[str]
    raw_text: Mapped[str | None]
    avg_logprob: Mapped[float]
    no_speech_prob: Mapped[float]
    compression_ratio: Mapped[float]
    speaker: Mapped[str | None]
    overlap: Mapped[bool] = mapped_column(default=False, server_default=false())
    has_words: Mapped[bool]
    lemmas: Mapped[str]

    __table_args__ = (
        UniqueConstraint("transcription_number", "index"),
        {"sqlite_autoincrement": True},
    )


_segment_key = ("transcription_number", "segment_index")
_segment_target = ("segments.transcription_number", "segments.index")


class WordRow(Base):
    """A word of a segment; the key keeps a transcript's words together on SQLite's disk."""

    __tablename__ = "words"

    transcription_number: Mapped[int] = mapped_column(BigInt, primary_key=True)
    segment_index: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str]
    start: Mapped[float]
    end: Mapped[float]
    probability: Mapped[float]
    spoken: Mapped[str | None]
    marked: Mapped[str | None]

    __table_args__ = (
        ForeignKeyConstraint(_segment_key, _segment_target, ondelete="CASCADE"),
        {"sqlite_with_rowid": False},
    )


class EditRow(Base):
    """What a segment was corrected to."""

    __tablename__ = "edits"

    transcription_number: Mapped[int] = mapped_column(BigInt, primary_key=True)
    segment_index: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    edited_at: Mapped[datetime]

    __table_args__ = (ForeignKeyConstraint(_segment_key, _segment_target, ondelete="CASCADE"),)


class SpeakerEditRow(Base):
    """Who said a segment, where that was changed."""

    __tablename__ = "speaker_edits"

    transcription_number: Mapped[int] = mapped_column(BigInt, primary_key=True)
    segment_index: Mapped[int] = mapped_column(primary_key=True)
    speaker: Mapped[str]

    __table_args__ = (ForeignKeyConstraint(_segment_key, _segment_target, ondelete="CASCADE"),)


class SpeakerRow(Base):
    """What the owner said of a speaker; jobs that share the result do not get it.

    Attributes:
        name: the latest one; not shown while the speaker is merged.
        name_lemmas: as `TranscriptionRow.title_lemmas`.
        merged_into: id of the speaker that this one is shown as; null: as itself.
    """

    __tablename__ = "speakers"

    transcription_number: Mapped[int] = mapped_column(
        BigInt, ForeignKey("transcriptions.number", ondelete="CASCADE"), primary_key=True
    )
    speaker: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    name_lemmas: Mapped[str | None]
    merged_into: Mapped[str | None]


class VoiceRow(Base):
    """A voice profile: a person whose voice the owner had remembered.

    Attributes:
        print: the voice print, float32, little-endian.
        speech_s: seconds of speech that it is made of.
        created_at: time at which the voice was last remembered.
    """

    __tablename__ = "voices"

    id: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    print: Mapped[bytes]
    speech_s: Mapped[float]
    created_at: Mapped[datetime]


class VoiceSuggestionRow(Base):
    """Whose voice a speaker of a transcription is alike; `certainty` is in [0, 1]."""

    __tablename__ = "voice_suggestions"

    transcription_number: Mapped[int] = mapped_column(
        BigInt, ForeignKey("transcriptions.number", ondelete="CASCADE"), primary_key=True
    )
    speaker: Mapped[str] = mapped_column(primary_key=True)
    voice_id: Mapped[str] = mapped_column(ForeignKey("voices.id", ondelete="CASCADE"), index=True)
    certainty: Mapped[float]


class ReportItemRow(Base):
    """What became of a stretch of speech; times in seconds of the recording."""

    __tablename__ = "report_items"

    id: Mapped[Number]
    transcription_number: Mapped[int] = mapped_column(
        BigInt, ForeignKey("transcriptions.number", ondelete="CASCADE"), index=True
    )
    start: Mapped[float]
    end: Mapped[float]
    kind: Mapped[ReportKind] = mapped_column(enum_of(ReportKind))
    detail: Mapped[str]

    __table_args__ = ({"sqlite_autoincrement": True},)


class DayTotalsRow(Base):
    """The sums of an owner's completed jobs that arrived on one day in UTC."""

    __tablename__ = "day_totals"

    owner: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    n_recordings: Mapped[int]
    audio_s: Mapped[float]
    n_words: Mapped[int] = mapped_column(BigInteger)


class SpeakerTotalsRow(Base):
    """How long the speakers of a name speak in an owner's completed jobs; no name: all others."""

    __tablename__ = "speaker_totals"

    owner: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    speech_ms: Mapped[int] = mapped_column(BigInteger)


class TagRow(Base):
    """A tag that the owner gave to a job."""

    __tablename__ = "tags"

    transcription_number: Mapped[int] = mapped_column(
        BigInt, ForeignKey("transcriptions.number", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(primary_key=True)


class NoteRow(Base):
    """A note of the owner on a moment; jobs that share the result do not get it.

    Attributes:
        time: seconds from the beginning of the recording.
        lemmas: as `TranscriptionRow.title_lemmas`.
    """

    __tablename__ = "notes"

    id: Mapped[Number]
    transcription_number: Mapped[int] = mapped_column(
        BigInt, ForeignKey("transcriptions.number", ondelete="CASCADE"), index=True
    )
    time: Mapped[float]
    text: Mapped[str]
    lemmas: Mapped[str]

    __table_args__ = ({"sqlite_autoincrement": True},)


class ShareLinkRow(Base):
    """A link with which anybody may read a transcript until it expires.

    Attributes:
        token_sha256: of the token, which is stored nowhere.
    """

    __tablename__ = "share_links"

    id: Mapped[Number]
    transcription_number: Mapped[int] = mapped_column(
        BigInt, ForeignKey("transcriptions.number", ondelete="CASCADE"), index=True
    )
    token_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    __table_args__ = ({"sqlite_autoincrement": True},)


class BackendRow(Base):
    """A running backend.

    Attributes:
        id: of the process, new at each start.
        n_beats: heartbeats so far.
        steps_version: of the jobs that it can continue; null in backends of earlier versions.
    """

    __tablename__ = "backends"

    id: Mapped[str] = mapped_column(primary_key=True)
    n_beats: Mapped[int] = mapped_column(BigInteger)
    steps_version: Mapped[str | None]


class GlossaryRow(Base):
    """The saved glossary of an owner; no row: none."""

    __tablename__ = "glossaries"

    owner: Mapped[str] = mapped_column(primary_key=True)
    glossary: Mapped[str]


class ChunkTranscriptRow(Base):
    """The text of a chunk, under a key made of all that it depends on."""

    __tablename__ = "chunk_transcripts"

    owner: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    transcription_number: Mapped[int] = mapped_column(
        BigInt, ForeignKey("transcriptions.number", ondelete="CASCADE"), index=True
    )
    transcript: Mapped[RecognizedChunk] = mapped_column(CompressedJson(RecognizedChunk))
