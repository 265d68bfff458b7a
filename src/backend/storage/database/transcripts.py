"""Store the segments of transcripts and their corrections."""

from operator import itemgetter

from backend.errors import JobNotFoundError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import (
    changes_since,
    find_rows,
    primary_of,
    segments_of,
)
from backend.storage.database.row_writers import assign_speaker, correct_segment
from contracts.jobs import SegmentCorrection
from contracts.transcription import Segment


class TranscriptStore:
    """The segments of all jobs; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def segments_since(self, job_id: str, change: int) -> list[tuple[int, Segment]]:
        """Return the segments that were added or rewritten after a change.

        Args:
            change: number of the last change known; 0 returns all segments.

        Returns: pairs of change number and segment, in the order of the changes.
        Raises: JobNotFoundError: no job has the id.
        """
        with self._database.reading() as session:
            row, _ = find_rows(session, job_id)
            number = primary_of(session, row).number
            changes = changes_since(session, number, change)
            if not changes:
                return []
            segments = segments_of(session, number, min(changes), max(changes))
        found = [(changes[each.index], each) for each in segments if each.index in changes]
        return sorted(found, key=itemgetter(0))

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
                assign_speaker(session, row.number, index, correction.speaker)
            row.revision += 1
            session.flush()
            return segments_of(session, row.number, index, index)[0]
