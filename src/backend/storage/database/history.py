"""Lists over many jobs: the history, its search, and what has grown old."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TypedDict, Unpack

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from backend.errors import BadRequestError
from backend.storage.database import removal
from backend.storage.database.engine import Database, transaction
from backend.storage.database.reading import (
    by_name,
    correction_of_segment,
    find_rows,
    jobs_of,
    of_file,
)
from backend.storage.database.search import Alternatives, query_words, segment_matches
from backend.storage.database.snippets import Snippet, snippet_of
from backend.storage.database.tables import (
    EditRow,
    FileRow,
    SegmentRow,
    TagRow,
    TranscriptionRow,
)
from contracts.jobs import Job, JobPage, JobStatus, SearchHit, TagCount

_MAX_CURSOR_CHARS = 18
"""Digits that fit into any database's largest integer."""


class Filters(TypedDict, total=False):
    """Which jobs to list; None is no filter.

    Attributes:
        query: words that must all occur in the transcript or in the title, each in any of its
            forms; blank: all jobs. Whatever else is typed means nothing.
        since, until: when they arrived; the latter is not included.
    """

    query: str | None
    status: JobStatus | None
    tag: str | None
    since: datetime | None
    until: datetime | None


class HistoryStore:
    """The jobs in the order of their arrival, the newest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def page(
        self,
        owner: str | None,
        *,
        limit: int = 20,
        cursor: str | None = None,
        **filters: Unpack[Filters],
    ) -> JobPage:
        """Return part of the history; the jobs come without their results.

        A cursor names the last job shown by its number, so that what arrives or is deleted
        meanwhile neither repeats nor hides another.

        Args:
            owner: whose jobs; None for everybody's.
            limit: jobs a page, 1 or more.
            cursor: the page before's `next_cursor`.

        Raises: BadRequestError: it is not a cursor of ours.
        """
        query = filters.get("query") or ""
        words = query_words(query)
        if not words and query.strip():
            return JobPage(items=[])
        jobs = select(TranscriptionRow, FileRow).join(FileRow, of_file())
        jobs = jobs.order_by(TranscriptionRow.number.desc()).limit(limit + 1)
        jobs = jobs.where(*_conditions(filters), *(self._has_word(word) for word in words))
        if owner is not None:
            jobs = jobs.where(TranscriptionRow.owner == owner)
        if cursor is not None:
            jobs = jobs.where(TranscriptionRow.number < _number(cursor))
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

    @transaction
    def tags(self, owner: str) -> list[TagCount]:
        """Return an owner's tags, by name, and how many jobs have each."""
        query = (
            select(TagRow.tag, func.count())
            .join(TranscriptionRow, TagRow.transcription_number == TranscriptionRow.number)
            .where(TranscriptionRow.owner == owner)
            .group_by(TagRow.tag)
        )
        with self._database.reading() as session:
            counts = [TagCount(tag=tag, n_jobs=n) for tag, n in session.execute(query)]
        return sorted(counts, key=lambda count: by_name(count.tag))

    @transaction
    def expired(self, before: datetime) -> list[str]:
        """Return the ids of the jobs that ended before a time."""
        return self._ended(before)

    @transaction
    def audio_expired(self, before: datetime) -> list[str]:
        """Return the ids of the jobs that ended before a time and still have their audio."""
        return self._ended(before, FileRow.blob.is_not(None))

    @transaction
    def drop_audio(self, job_id: str) -> Path | None:
        """Forget the recording of a job that has ended, and keep its transcript.

        Returns: the recording to remove, unless another job has it, it was dropped, or the job
            was taken up again.
        Raises: JobNotFoundError: no job has the id.
        """
        with self._database.writing() as session:
            row, file = find_rows(session, job_id, lock=True)
            if not row.status.is_final:
                return None
            row.revision += 1
            blob = removal.take_blob(session, file)
        return self._database.blob_path(blob) if blob else None

    @transaction
    def holds_blob(self, blob: Path) -> bool:
        """Tell whether a recording is named by any job."""
        stored = self._database.stored_path(blob)
        with self._database.reading() as session:
            query = select(FileRow.id).where(FileRow.blob == stored).limit(1)
            return session.scalar(query) is not None

    def _ended(self, before: datetime, *conditions: ColumnElement[bool]) -> list[str]:
        query = (
            select(TranscriptionRow.id)
            .join(FileRow, of_file())
            .where(TranscriptionRow.finished_at < before, *conditions)
            .order_by(TranscriptionRow.number)
        )
        with self._database.reading() as session:
            return list(session.scalars(query))

    def _has_word(self, word: Alternatives) -> ColumnElement[bool]:
        in_text = select(SegmentRow.transcription_number).where(self._matches([word]))
        in_title = (TranscriptionRow.title_lemmas.contains(f" {lemma} ") for lemma in word)
        return or_(TranscriptionRow.number.in_(in_text), *in_title)

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


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Return all of the filters but the query, as the database takes them."""
    found: list[ColumnElement[bool]] = []
    if status := filters.get("status"):
        found.append(TranscriptionRow.status == status)
    if tag := filters.get("tag"):
        tagged = select(TagRow.transcription_number).where(TagRow.tag == tag)
        found.append(TranscriptionRow.number.in_(tagged))
    if since := filters.get("since"):
        found.append(TranscriptionRow.created_at >= since)
    if until := filters.get("until"):
        found.append(TranscriptionRow.created_at < until)
    return found


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
