"""Map rows to contracts."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from backend.errors import JobNotFoundError
from backend.storage.database.queue import queue_positions
from backend.storage.database.tables import (
    EditRow,
    FileRow,
    ReportItemRow,
    SegmentRow,
    SpeakerEditRow,
    SpeakerRow,
    TagRow,
    TranscriptionRow,
    VoiceRow,
    VoiceSuggestionRow,
    WordRow,
)
from contracts.jobs import FileInfo, Job, JobStatus, Progress, Stage
from contracts.models import ModelIdentity
from contracts.report import ReportItem
from contracts.spacing import join_texts
from contracts.transcription import Segment, Speaker, Transcript, VoiceSuggestion, Word

MAX_INDEX = 2**31 - 1
"""Largest index that fits into the column."""

_words = TypeAdapter(list[Word])


def find_rows(
    session: Session, job_id: str, owner: str | None = None, *, lock: bool = False
) -> tuple[TranscriptionRow, FileRow]:
    """Return the rows of a job and its file.

    Args:
        owner: None: any owner.
        lock: lock the job's row until the transaction ends.

    Raises: JobNotFoundError: no job of that owner has the id.
    """
    query = select(TranscriptionRow, FileRow).join_from(TranscriptionRow, FileRow, joins_file())
    query = query.where(TranscriptionRow.id == job_id)
    if owner is not None:
        query = query.where(TranscriptionRow.owner == owner)
    if lock:
        query = query.with_for_update(of=TranscriptionRow, key_share=True)
    found = session.execute(query).one_or_none()
    if found is None:
        raise JobNotFoundError("No transcription has this id.")
    row, file = found
    return row, file


def lock_row(session: Session, job_id: str, *statuses: JobStatus) -> TranscriptionRow | None:
    """Return a job's row, locked until the transaction ends, if it has one of the statuses.

    Args:
        statuses: the accepted ones; empty: any status.
    """
    query = select(TranscriptionRow).where(TranscriptionRow.id == job_id)
    row = session.scalar(query.with_for_update(key_share=True))
    return row if row and (not statuses or row.status in statuses) else None


def joins_file() -> ColumnElement[bool]:
    """Return the condition that joins a transcription to its file."""
    return TranscriptionRow.file_id == FileRow.id


def to_jobs(session: Session, rows: Iterable[tuple[TranscriptionRow, FileRow]]) -> list[Job]:
    """Map rows to jobs without their results; a duplicate shows the progress of its primary."""
    pairs = [(row, _to_job(row, file)) for row, file in rows]
    tags = _tags_of(session, [row.number for row, _ in pairs])
    waiting = [row.number for row, _ in pairs if row.status is JobStatus.QUEUED]
    positions = queue_positions(session, waiting) if waiting else {}
    for row, job in pairs:
        job.tags = tags[row.number]
        job.queue_position = positions.get(row.number)
        primary = primary_of(session, row)
        job.progress, job.model = progress_of(primary), model_of(primary)
        job.language, job.detected_language = primary.language, primary.detected_language
    return [job for _, job in pairs]


def _to_job(row: TranscriptionRow, file: FileRow) -> Job:
    return Job(
        id=row.id,
        status=row.status,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        title=row.title,
        folder=row.folder,
        file=FileInfo.model_validate(file, from_attributes=True),
        options=row.options,
        cached=row.cached,
        warnings=row.warnings,
        error=row.error,
    )


def _tags_of(session: Session, numbers: Collection[int]) -> dict[int, list[str]]:
    """Return the tags of some jobs, sorted."""
    tags: dict[int, list[str]] = {number: [] for number in numbers}
    query = select(TagRow.transcription_number, TagRow.tag).where(
        TagRow.transcription_number.in_(numbers)
    )
    for number, tag in session.execute(query):
        tags[number].append(tag)
    return {number: sorted(of_job, key=tag_sort_key) for number, of_job in tags.items()}


def tag_sort_key(tag: str) -> tuple[str, str]:
    """Return the sort key of a tag: ignore the case, but order the same way every time."""
    return tag.casefold(), tag


def primary_of(session: Session, row: TranscriptionRow) -> TranscriptionRow:
    """Return the job that computes a job's result: its primary, or the job itself."""
    if row.primary_number is None or row.status.is_final:
        return row
    return session.get_one(TranscriptionRow, row.primary_number)


def progress_of(row: TranscriptionRow) -> Progress:
    """Return the progress of a job."""
    progress = Progress.model_validate(row, from_attributes=True)
    if row.is_punctuating:
        progress.stage = Stage.PUNCTUATING
    return progress


def model_of(row: TranscriptionRow) -> ModelIdentity | None:
    """Return the model that computes a job's result, or None while it is unknown."""
    if row.model_name is None:
        return None
    return ModelIdentity(
        name=row.model_name,
        revision=row.model_revision or "",
        engine=row.model_engine or "",
        device=row.model_device or "",
    )


def is_of_other_model(row: TranscriptionRow, model: ModelIdentity) -> bool:
    """Return whether the stored part of a job's result was made by another model."""
    known = model_of(row)
    return known is None or not known.has_weights_of(model)


def transcript_of(session: Session, row: TranscriptionRow) -> Transcript | None:
    """Return the segments so far, with corrections; None before the recording is prepared."""
    if row.speech_s is None:
        return None
    segments = segments_of(session, row.number)
    return Transcript(
        text=join_texts(segment.text for segment in segments),
        language=row.language or row.options.language,
        duration_s=row.total_s,
        speech_s=row.speech_s,
        segments=segments,
        report=report_of(session, row.number),
        speakers=speakers_of(session, row.number, segments),
    )


def report_of(session: Session, number: int) -> list[ReportItem]:
    """Return what became of speech without words, in order of the starts."""
    query = (
        select(ReportItemRow)
        .where(ReportItemRow.transcription_number == number)
        .order_by(ReportItemRow.start, ReportItemRow.id)
    )
    return [
        ReportItem(start=row.start, end=row.end, kind=row.kind, detail=row.detail)
        for row in session.scalars(query)
    ]


def segments_of(
    session: Session, number: int, first: int = 0, last: int = MAX_INDEX
) -> list[Segment]:
    """Return a transcription's segments with indexes from `first` to `last`, corrected.

    They are in order of time; where one was split, that is not the order of the indexes.
    """
    first, last = max(first, 0), min(last, MAX_INDEX)
    if first > last:
        return []
    query = (
        select(SegmentRow, EditRow.text, SpeakerEditRow.speaker)
        .outerjoin(EditRow, joins_segment(EditRow))
        .outerjoin(SpeakerEditRow, joins_segment(SpeakerEditRow))
        .where(
            SegmentRow.transcription_number == number,
            SegmentRow.index.between(first, last),
        )
        .order_by(SegmentRow.start, SegmentRow.index)
    )
    words = _words_of(session, number, first, last)
    merged = shown_as(named_speakers(session, number))
    segments: list[Segment] = []
    for row, correction, reassigned in session.execute(query):
        speaker = reassigned or row.speaker
        shown = speaker and merged.get(speaker, speaker)
        segments.append(_segment(row, correction, shown, words.get(row.index, [])))
    return segments


def changed_segments(session: Session, number: int, since: int) -> list[tuple[int, Segment]]:
    """Return the segments written after a change, as pairs of change number and segment.

    They are in the order of the changes: a segment that changes is written as a new row, with the
    next number.
    """
    query = select(SegmentRow.index.label("place"), SegmentRow.id).where(
        SegmentRow.transcription_number == number, SegmentRow.id > since
    )
    changes = {row.place: row.id for row in session.execute(query)}
    if not changes:
        return []
    segments = segments_of(session, number, min(changes), max(changes))
    found = [(changes[each.index], each) for each in segments if each.index in changes]
    return sorted(found, key=itemgetter(0))


def _segment(
    row: SegmentRow, correction: str | None, speaker: str | None, words: list[Word]
) -> Segment:
    return Segment(
        index=row.index,
        start=row.start,
        end=row.end,
        text=row.text if correction is None else correction,
        original_text=None if correction is None else row.text,
        avg_logprob=row.avg_logprob,
        no_speech_prob=row.no_speech_prob,
        compression_ratio=row.compression_ratio,
        raw_text=row.raw_text,
        speaker=speaker,
        overlap=row.overlap,
        words=_spoken_by(words, speaker) if row.has_words else None,
    )


def _spoken_by(words: list[Word], speaker: str | None) -> list[Word]:
    """Give a segment's words its speaker: a segment has only one."""
    if speaker is None:
        return words
    return [word.model_copy(update={"speaker": speaker}) for word in words]


def named_speakers(session: Session, number: int) -> dict[str, SpeakerRow]:
    """Return what the owner said of a transcription's speakers, by their ids."""
    query = select(SpeakerRow).where(SpeakerRow.transcription_number == number)
    return {row.speaker: row for row in session.scalars(query.order_by(SpeakerRow.speaker))}


def shown_as(named: Mapping[str, SpeakerRow]) -> dict[str, str]:
    """Return the speaker that each merged one is shown as."""
    merged = {speaker: row.merged_into for speaker, row in named.items() if row.merged_into}
    return {speaker: follow_merges(merged, speaker) for speaker in merged}


def follow_merges(merged: Mapping[str, str], speaker: str) -> str:
    """Return the speaker that one is shown as, after all merges."""
    while speaker in merged:
        speaker = merged[speaker]
    return speaker


def speakers_of(session: Session, number: int, segments: Sequence[Segment]) -> list[Speaker]:
    """Return the speakers of a transcription's segments, by appearance."""
    seconds: dict[str, float] = {}
    for segment in segments:
        if segment.speaker is not None:
            seconds[segment.speaker] = (
                seconds.get(segment.speaker, 0.0) + segment.end - segment.start
            )
    named = named_speakers(session, number)
    merged = shown_as(named)
    names = {speaker: row.name for speaker, row in named.items()}
    suggestions = _suggestions_of(session, number)
    total = sum(seconds.values()) or 1.0
    return [
        Speaker(
            id=speaker,
            name=names.get(speaker),
            suggestion=None if names.get(speaker) else suggestions.get(speaker),
            merged=[one for one, shown in merged.items() if shown == speaker],
            speech_s=round(spoken, 3),
            share=round(spoken / total, 4),
        )
        for speaker, spoken in seconds.items()
    ]


def _suggestions_of(session: Session, number: int) -> dict[str, VoiceSuggestion]:
    """Return whose remembered voice each speaker of a transcription may have."""
    query = (
        select(VoiceSuggestionRow, VoiceRow.name)
        .join(VoiceRow, VoiceSuggestionRow.voice_id == VoiceRow.id)
        .where(VoiceSuggestionRow.transcription_number == number)
    )
    return {
        row.speaker: VoiceSuggestion(voice=row.voice_id, name=name, certainty=row.certainty)
        for row, name in session.execute(query)
    }


def joins_segment(table: type[EditRow | SpeakerEditRow]) -> ColumnElement[bool]:
    """Return the condition that joins a segment to its edit."""
    return and_(
        table.transcription_number == SegmentRow.transcription_number,
        table.segment_index == SegmentRow.index,
    )


def _words_of(session: Session, number: int, first: int, last: int) -> dict[int, list[Word]]:
    """Return the words by the index of their segment."""
    words = WordRow.__table__.c
    columns = (words.word, words.start, words.end, words.probability, words.spoken, words.marked)
    names = [column.name for column in columns]
    query = (
        select(words.segment_index, *columns)
        .where(words.transcription_number == number, words.segment_index.between(first, last))
        .order_by(words.segment_index, words.position)
    )
    indexes: list[int] = []

    def each() -> Iterator[dict[str, object]]:
        for index, *values in session.connection().execute(query):
            indexes.append(index)
            yield dict(zip(names, values, strict=True))

    by_segment: dict[int, list[Word]] = defaultdict(list)
    # validate all words in one call: an hour has thousands, and a call per word is slow
    for word, index in zip(_words.validate_python(each()), indexes, strict=True):
        by_segment[index].append(word)
    return by_segment
