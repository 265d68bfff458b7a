"""Summarize transcripts for the history: how they begin, and how much is in them."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from backend.storage.database.row_mappers import joins_segment
from backend.storage.database.tables import (
    EditRow,
    SegmentRow,
    SpeakerEditRow,
    SpeakerRow,
    TranscriptionRow,
    WordRow,
)
from contracts.jobs import MAX_FIRST_LINE_CHARS, JobSummary
from contracts.thresholds import (
    MAX_COMPRESSION_RATIO,
    MAX_NO_SPEECH_PROB,
    UNSURE_AVG_LOGPROB,
    UNSURE_WORD_PROBABILITY,
)

_MAX_KEPT = 10_000


class Summaries:
    """The summaries of finished jobs, kept in memory until a job changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], JobSummary] = {}

    def of(self, session: Session, rows: Collection[TranscriptionRow]) -> dict[int, JobSummary]:
        """Return the summaries by the jobs' numbers; jobs without any text have none."""
        keys = {row.number: (row.number, row.revision) for row in rows if row.status.is_final}
        missing = [number for number, key in keys.items() if key not in self._kept]
        if len(self._kept) + len(missing) > _MAX_KEPT:
            self._kept.clear()
        if missing:
            self._kept |= {keys[n]: found for n, found in _summaries(session, missing).items()}
        return {n: self._kept[key] for n, key in keys.items() if key in self._kept}


def _summaries(session: Session, numbers: Collection[int]) -> dict[int, JobSummary]:
    begins = dict(session.execute(_first_texts(numbers)).all())
    found: dict[int, JobSummary] = {}
    for number, n_words, n_speakers, n_unsure in session.execute(_counts(numbers)):
        found[number] = JobSummary(
            first_line=begins.get(number, "").strip()[:MAX_FIRST_LINE_CHARS],
            n_words=n_words,
            n_speakers=n_speakers,
            n_unsure=n_unsure,
        )
    return found


def _first_texts(numbers: Collection[int]) -> Select[int, str]:
    of_job = SegmentRow.transcription_number
    place = func.row_number().over(partition_by=of_job, order_by=SegmentRow.start)
    text = func.coalesce(EditRow.text, SegmentRow.text)
    texts = (
        select(of_job, text.label("text"), place.label("place"))
        .outerjoin(EditRow, joins_segment(EditRow))
        .where(of_job.in_(numbers), text != "")
        .subquery()
    )
    return select(texts.c.transcription_number, texts.c.text).where(texts.c.place == 1)


def _counts(numbers: Collection[int]) -> Select[int, int, int, int]:
    text = func.trim(func.coalesce(EditRow.text, SegmentRow.text))
    n_words = func.length(text) - func.length(func.replace(text, " ", "")) + 1
    said_by = func.coalesce(SpeakerEditRow.speaker, SegmentRow.speaker)
    return (
        select(
            SegmentRow.transcription_number,
            func.sum(case((text != "", n_words), else_=0)),
            func.count(func.coalesce(SpeakerRow.merged_into, said_by).distinct()),
            func.sum(case((_is_unsure(), 1), else_=0)),
        )
        .outerjoin(EditRow, joins_segment(EditRow))
        .outerjoin(SpeakerEditRow, joins_segment(SpeakerEditRow))
        .outerjoin(
            SpeakerRow,
            and_(
                SpeakerRow.transcription_number == SegmentRow.transcription_number,
                SpeakerRow.speaker == said_by,
            ),
        )
        .where(SegmentRow.transcription_number.in_(numbers))
        .group_by(SegmentRow.transcription_number)
    )


def _is_unsure() -> ColumnElement[bool]:
    """Return the condition of `contracts/unsure.py`, for segments that nobody corrected."""
    has_unsure_word = exists().where(
        WordRow.transcription_number == SegmentRow.transcription_number,
        WordRow.segment_index == SegmentRow.index,
        WordRow.probability < UNSURE_WORD_PROBABILITY,
    )
    return and_(
        EditRow.text.is_(None),
        or_(
            SegmentRow.compression_ratio > MAX_COMPRESSION_RATIO,
            SegmentRow.no_speech_prob > MAX_NO_SPEECH_PROB,
            SegmentRow.avg_logprob < UNSURE_AVG_LOGPROB,
            has_unsure_word,
        ),
    )
