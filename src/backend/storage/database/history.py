"""Lists over many jobs: the history, its search, and what has grown old."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from backend.errors import BadRequestError
from backend.storage.database import removal
from backend.storage.database.engine import Database, reconnecting
from backend.storage.database.reading import (
    correction_of_segment,
    find_rows,
    jobs_of,
    of_file,
)
from backend.storage.database.search import Alternatives, query_words, segment_matches
from backend.storage.database.snippets import Snippet, snippet_of
from backend.storage.database.tables import EditRow, FileRow, SegmentRow, TranscriptionRow
from contracts.jobs import Job, JobPage, JobStatus, SearchHit

_MAX_CURSOR_CHARS = 18
"""Digits that fit into any database's largest integer."""


class HistoryStore:
    """The jobs in the order of their arrival, the newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @reconnecting
    def page(
        self,
        owner: str | None,
        *,
        query: str | None = None,
        status: JobStatus | None = None,
        limit: int = 20,
        cursor: str | None = None,
    ) -> JobPage:
        """Return part of the history; the jobs come without their results.

        A cursor names the last job shown by its number, so that what arrives or is deleted
        meanwhile neither repeats nor hides another.

        Args:
            owner: whose jobs; None for everybody's.
            query: words that must all occur in the transcript, each in any of its forms;
                blank: all jobs. Whatever else is typed means nothing.
            limit: jobs a page, 1 or more.
            cursor: the page before's `next_cursor`.

        Raises: BadRequestError: it is not a cursor of ours.
        """
        words = query_words(query or "")
        if not words and query and query.strip():
            return JobPage(items=[])
        jobs = select(TranscriptionRow, FileRow).join(FileRow, of_file())
        jobs = jobs.order_by(TranscriptionRow.number.desc()).limit(limit + 1)
        if owner is not None:
            jobs = jobs.where(TranscriptionRow.owner == owner)
        if status is not None:
            jobs = jobs.where(TranscriptionRow.status == status)
        if cursor is not None:
            jobs = jobs.where(TranscriptionRow.number < _number(cursor))
        for word in words:
            jobs = jobs.where(TranscriptionRow.number.in_(self._with_word(word)))
        with self._database.reading() as session:
            rows = session.execute(jobs).all()
            shown = [(row, file) for row, file in rows[:limit]]
            numbers = [row.number for row, _ in shown]
            found = dict(zip(numbers, jobs_of(session, shown), strict=True))
            if words:
                self._show_hits(session, found, words)
        more = len(rows) > limit
        return JobPage(
            items=list(found.values()), next_cursor=str(min(found)) if more and found else None
        )

    @reconnecting
    def expired(self, before: datetime) -> list[str]:
        """Return the ids of the jobs that ended before a time."""
        return self._ended(before)

    @reconnecting
    def audio_expired(self, before: datetime) -> list[str]:
        """Return the ids of the jobs that ended before a time and still have their audio."""
        return self._ended(before, FileRow.blob.is_not(None))

    @reconnecting
    def drop_audio(self, job_id: str) -> Path | None:
        """Forget a job's recording, and keep its transcript.

        Returns: the recording to remove, unless another job has it or it was dropped.
        Raises: JobNotFoundError: no job has the id.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, lock=True)
            row.revision += 1
            blob = removal.take_blob(session, file)
        return self._database.blob_path(blob) if blob else None

    def _ended(self, before: datetime, *conditions: ColumnElement[bool]) -> list[str]:
        query = (
            select(TranscriptionRow.id)
            .join(FileRow, of_file())
            .where(TranscriptionRow.finished_at < before, *conditions)
            .order_by(TranscriptionRow.number)
        )
        with self._database.reading() as session:
            return list(session.scalars(query))

    def _with_word(self, word: Alternatives) -> Select[int]:
        return select(SegmentRow.transcription_number).where(self._matches([word]))

    def _matches(self, words: Sequence[Alternatives]) -> ColumnElement[bool]:
        return segment_matches(words, is_sqlite=self._database.is_sqlite)

    def _show_hits(
        self, session: Session, jobs: dict[int, Job], words: Sequence[Alternatives]
    ) -> None:
        """Add to each job the first segment with all of the words, else with one of them."""
        lemmas = frozenset(chain.from_iterable(words))
        for condition in (self._matches(words), self._matches([lemmas])):
            without = [number for number, job in jobs.items() if job.hit is None]
            for number, index, start, *texts in session.execute(
                _first_segments(without, condition)
            ):
                if snippet := _snippet(texts, lemmas):
                    jobs[number].snippet = snippet.text
                    jobs[number].hit = SearchHit(
                        segment_index=index, start=start, marks=snippet.marks
                    )


def _first_segments(
    numbers: Sequence[int], condition: ColumnElement[bool]
) -> Select[int, int, float, str, str]:
    first = (
        select(SegmentRow.transcription_number, func.min(SegmentRow.index).label("index"))
        .where(SegmentRow.transcription_number.in_(numbers), condition)
        .group_by(SegmentRow.transcription_number)
        .subquery()
    )
    return (
        select(
            SegmentRow.transcription_number,
            SegmentRow.index,
            SegmentRow.start,
            EditRow.text.label("correction"),
            SegmentRow.text,
        )
        .join(
            first,
            (first.c.transcription_number == SegmentRow.transcription_number)
            & (first.c.index == SegmentRow.index),
        )
        .outerjoin(EditRow, correction_of_segment())
    )


def _snippet(texts: Sequence[str | None], lemmas: frozenset[str]) -> Snippet | None:
    """Return where the words are: in the model's text only if the correction lacks them."""
    snippets = (snippet_of(text, lemmas) for text in texts if text)
    return next((snippet for snippet in snippets if snippet), None)


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _MAX_CURSOR_CHARS):
        raise BadRequestError("The cursor is not one that was given.")
    return int(cursor)
