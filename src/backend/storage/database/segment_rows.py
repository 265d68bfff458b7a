"""Read segments as they were recognised, and write them again with their corrections."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.errors import JobNotFoundError, WrongStateError
from backend.storage.database.row_mappers import MAX_INDEX, segments_of
from backend.storage.database.row_writers import (
    assign_speaker,
    correct_segment,
    replace_segments,
    segment_rows,
)
from backend.storage.database.tables import SegmentRow, SpeakerEditRow
from contracts.transcription import Segment


@dataclass(frozen=True)
class StoredSegment:
    """A segment whose `speaker` is the recognised one.

    Attributes:
        assigned_speaker: whom the owner gave it to; None: it was not changed.
    """

    segment: Segment
    assigned_speaker: str | None


def stored_segment(session: Session, number: int, index: int) -> StoredSegment:
    """Return a segment of a transcription.

    Raises: JobNotFoundError: there is none with the index.
    """
    found = stored_segments(session, number, index, index)
    if not found:
        raise JobNotFoundError("The transcription has no segment with this index.")
    return found[0]


def stored_segments(
    session: Session, number: int, first: int = 0, last: int = MAX_INDEX
) -> list[StoredSegment]:
    """Return the segments of a transcription with indexes from `first` to `last`, by time."""
    recognized = select(SegmentRow.index, SegmentRow.speaker).where(
        SegmentRow.transcription_number == number, SegmentRow.index.between(first, last)
    )
    assigned = select(SpeakerEditRow.segment_index, SpeakerEditRow.speaker).where(
        SpeakerEditRow.transcription_number == number,
        SpeakerEditRow.segment_index.between(first, last),
    )
    speakers = dict(session.execute(recognized).all())
    changed = dict(session.execute(assigned).all())
    return [
        StoredSegment(
            segment.model_copy(update={"speaker": speakers[segment.index]}),
            changed.get(segment.index),
        )
        for segment in segments_of(session, number, first, last)
    ]


def next_segment(session: Session, number: int, segment: Segment) -> StoredSegment:
    """Return the segment after one, in order of time.

    Raises: WrongStateError: it is the last.
    """
    following = session.scalar(
        select(SegmentRow.index)
        .where(SegmentRow.transcription_number == number, SegmentRow.start > segment.start)
        .order_by(SegmentRow.start, SegmentRow.index)
        .limit(1)
    )
    if following is None:
        raise WrongStateError("No segment follows this one.")
    return stored_segment(session, number, following)


def free_index(session: Session, number: int) -> int:
    """Return an index that no segment of a transcription has."""
    highest = session.scalar(
        select(func.max(SegmentRow.index)).where(SegmentRow.transcription_number == number)
    )
    index = -1 if highest is None else highest
    if index >= MAX_INDEX:
        raise WrongStateError("The transcription has too many segments.")
    return index + 1


def write_segments(session: Session, number: int, stored: Sequence[StoredSegment]) -> None:
    """Replace the segments with the same indexes, and store their corrections."""
    recognized = [
        each.segment
        if each.segment.original_text is None
        else each.segment.model_copy(update={"text": each.segment.original_text})
        for each in stored
    ]
    replace_segments(session, number, *segment_rows(recognized))
    for each in stored:
        if each.segment.original_text is not None:
            correct_segment(session, number, each.segment.index, each.segment.text)
        if each.assigned_speaker is not None:
            assign_speaker(session, number, each.segment.index, each.assigned_speaker)


def rewrite_all_segments(session: Session, number: int, stored: Sequence[StoredSegment]) -> None:
    """Replace all segments of a transcription, and store their corrections."""
    session.execute(delete(SegmentRow).where(SegmentRow.transcription_number == number))
    write_segments(session, number, stored)


def remove_segment(session: Session, number: int, index: int) -> None:
    """Delete a segment with its words and corrections."""
    session.execute(
        delete(SegmentRow).where(
            SegmentRow.transcription_number == number, SegmentRow.index == index
        )
    )
