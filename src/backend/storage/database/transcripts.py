"""Store the segments of transcripts and their corrections."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.errors import JobNotFoundError
from backend.segment_borders import join_segments, move_border, split_segment
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import find_rows, segments_of
from backend.storage.database.row_writers import (
    assign_speaker,
    correct_segment,
    rewrite_segments,
)
from backend.storage.database.segment_rows import (
    StoredSegment,
    free_index,
    next_segment,
    remove_segment,
    stored_segment,
    write_segments,
)
from backend.storage.database.tables import TranscriptionRow
from backend.storage.database.totals import speech_recounted
from contracts.jobs import SegmentBorder, SegmentCorrection
from contracts.options import TranscribeOptions
from contracts.transcription import Segment


@dataclass(frozen=True)
class WrittenOptions:
    """The options by which a text is written, and the key of results with them."""

    options: TranscribeOptions
    key: str


class TranscriptStore:
    """The segments of all jobs; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def with_revision(self, job_id: str, owner: str | None) -> tuple[int, list[Segment]]:
        """Return the segments of a job that has ended, and the job's revision.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            row, _ = find_rows(session, job_id, owner)
            return row.revision, segments_of(session, row.number)

    @transaction
    def rewrite(
        self, job_id: str, revision: int, segments: Sequence[Segment], options: WrittenOptions
    ) -> bool:
        """Store another text of some segments; corrections of users stay, and are shown.

        Args:
            revision: of the job whose segments were rewritten.
            segments: with words.

        Returns: False if the job has changed since; nothing is stored then.
        Raises: JobNotFoundError: no job has the id.
        """
        with self._database.writing() as session:
            row, _ = find_rows(session, job_id, lock=True)
            if row.revision != revision or not row.status.is_final:
                return False
            rewrite_segments(session, row.number, segments)
            row.options = options.options
            row.options_key = row.options_key and options.key
            row.revision += 1
            return True

    @transaction
    def edit_segment(
        self, job_id: str, owner: str | None, index: int, correction: SegmentCorrection
    ) -> Segment:
        """Correct a segment and return it; what was recognised reverts the correction.

        Args:
            owner: None for any.

        Raises: JobNotFoundError: no job of that owner has the id, or it has no such segment.
        """
        with self._database.writing() as session:
            row, _ = find_rows(session, job_id, owner, lock=True)
            if not segments_of(session, row.number, index, index):
                raise JobNotFoundError("The transcription has no segment with this index.")
            if "text" in correction.model_fields_set:
                correct_segment(session, row.number, index, correction.text)
            if "speaker" in correction.model_fields_set:
                with speech_recounted(session, row, index):
                    assign_speaker(session, row.number, index, correction.speaker)
            row.revision += 1
            session.flush()
            return segments_of(session, row.number, index, index)[0]

    @transaction
    def split_segment(
        self, job_id: str, owner: str | None, index: int, border: SegmentBorder
    ) -> list[Segment]:
        """Split a segment and return both halves; the first keeps the index.

        Args:
            owner: None for any.

        Raises:
            JobNotFoundError: no job of that owner has the id, or it has no such segment.
            NoSuchWordError, WrongStateError: see `backend.segment_borders.split_segment`.
        """
        with self._database.writing() as session:
            row, _ = find_rows(session, job_id, owner, lock=True)
            whole = stored_segment(session, row.number, index)
            halves = split_segment(whole.segment, border, free_index(session, row.number))
            stored = [StoredSegment(half, whole.assigned_speaker) for half in halves]
            return _replace(session, row, stored)

    @transaction
    def join_segments(self, job_id: str, owner: str | None, index: int) -> list[Segment]:
        """Join a segment with the next one and return it; the next one's index is free.

        Args:
            owner: None for any.

        Raises:
            JobNotFoundError: no job of that owner has the id, or it has no such segment.
            WrongStateError: no segment follows, or the text would be too long.
        """
        with self._database.writing() as session:
            row, _ = find_rows(session, job_id, owner, lock=True)
            first = stored_segment(session, row.number, index)
            second = next_segment(session, row.number, first.segment)
            joined = join_segments(first.segment, second.segment)
            stored = [StoredSegment(joined, first.assigned_speaker)]
            return _replace(session, row, stored, removed=second.segment.index)

    @transaction
    def move_border(
        self, job_id: str, owner: str | None, index: int, border: SegmentBorder
    ) -> list[Segment]:
        """Move the border between a segment and the next one, and return both.

        Args:
            owner: None for any.

        Raises:
            JobNotFoundError: no job of that owner has the id, or it has no such segment.
            NoSuchWordError, WrongStateError: see `backend.segment_borders.move_border`.
        """
        with self._database.writing() as session:
            row, _ = find_rows(session, job_id, owner, lock=True)
            first = stored_segment(session, row.number, index)
            second = next_segment(session, row.number, first.segment)
            moved = move_border(first.segment, second.segment, border)
            stored = [
                StoredSegment(segment, own.assigned_speaker)
                for segment, own in zip(moved, (first, second), strict=True)
            ]
            return _replace(session, row, stored)


def _replace(
    session: Session,
    row: TranscriptionRow,
    stored: list[StoredSegment],
    removed: int | None = None,
) -> list[Segment]:
    """Write segments of a transcription, and return them as they are shown.

    Args:
        removed: index of a segment that they replace, too.
    """
    with speech_recounted(session, row):
        if removed is not None:
            remove_segment(session, row.number, removed)
        write_segments(session, row.number, stored)
    row.revision += 1
    session.flush()
    indexes = [each.segment.index for each in stored]
    return [segments_of(session, row.number, index, index)[0] for index in indexes]
