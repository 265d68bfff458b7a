"""List and search the history."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import TypedDict, Unpack

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from backend.errors import BadRequestError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import (
    joins_file,
    joins_segment,
    tag_sort_key,
    to_jobs,
)
from backend.storage.database.search.query import Alternatives, query_words, segment_matches
from backend.storage.database.search.snippets import Snippet, snippet_of
from backend.storage.database.summaries import Summaries
from backend.storage.database.tables import (
    EditRow,
    FileRow,
    SegmentRow,
    TagRow,
    TranscriptionRow,
)
from contracts.jobs import MAX_SHOWN_HITS, Job, JobPage, JobStatus, SearchHit, TagCount

_MAX_CURSOR_CHARS = 18
"""Digits that fit into any database's largest integer."""


class Filters(TypedDict, total=False):
    """Conditions on the jobs to list; None is no condition.

    Attributes:
        query: words that must all occur in the transcript or in the title, each in any of its
            forms; blank: all jobs. Other characters are ignored.
        since, until: time of arrival, `until` excluded.
    """

    query: str | None
    status: JobStatus | None
    tag: str | None
    since: datetime | None
    until: datetime | None


class HistoryStore:
    """Lists of jobs, the newest first; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._summaries = Summaries()

    @transaction
    def page(
        self,
        owner: str | None,
        *,
        limit: int = 20,
        cursor: str | None = None,
        **filters: Unpack[Filters],
    ) -> JobPage:
        """Return a page of the history; its jobs have no results.

        A cursor is the number of the last job on the page before, so that jobs that arrive or
        are deleted meanwhile neither repeat nor hide another.

        Args:
            owner: None for any.
            limit: jobs per page, at least 1.
            cursor: `next_cursor` of the page before.

        Raises: BadRequestError: the cursor is invalid.
        """
        query = filters.get("query") or ""
        words = query_words(query)
        if not words and query.strip():
            return JobPage(items=[])
        jobs = select(TranscriptionRow, FileRow).join(FileRow, joins_file())
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
            found = dict(zip(numbers, to_jobs(session, shown), strict=True))
            for number, summary in self._summaries.of(session, [row for row, _ in shown]).items():
                found[number].summary = summary
            if words:
                self._show_hits(session, found, words)
        more = len(rows) > limit
        return JobPage(
            items=list(found.values()), next_cursor=str(min(found)) if more and found else None
        )

    @transaction
    def tags(self, owner: str) -> list[TagCount]:
        """Return an owner's tags, sorted, with the number of jobs of each."""
        query = (
            select(TagRow.tag, func.count())
            .join(TranscriptionRow, TagRow.transcription_number == TranscriptionRow.number)
            .where(TranscriptionRow.owner == owner)
            .group_by(TagRow.tag)
        )
        with self._database.reading() as session:
            counts = [TagCount(tag=tag, n_jobs=n) for tag, n in session.execute(query)]
        return sorted(counts, key=lambda count: tag_sort_key(count.tag))

    def _has_word(self, word: Alternatives) -> ColumnElement[bool]:
        in_text = select(SegmentRow.transcription_number).where(self._matches([word]))
        in_title = (TranscriptionRow.title_lemmas.contains(f" {lemma} ") for lemma in word)
        return or_(TranscriptionRow.number.in_(in_text), *in_title)

    def _matches(self, words: Sequence[Alternatives]) -> ColumnElement[bool]:
        return segment_matches(words, is_sqlite=self._database.is_sqlite)

    def _show_hits(
        self, session: Session, jobs: dict[int, Job], words: Sequence[Alternatives]
    ) -> None:
        """Add to each job the segments that have all of the words, else any of them."""
        lemmas = frozenset(chain.from_iterable(words))
        for condition in (self._matches(words), self._matches([lemmas])):
            without = [number for number, job in jobs.items() if not job.hits]
            for number, n_hits, index, start, *texts in session.execute(
                _first_segments(without, condition)
            ):
                if snippet := _snippet(texts, lemmas):
                    hit = SearchHit(
                        segment_index=index,
                        start=start,
                        snippet=snippet.text,
                        marks=snippet.marks,
                    )
                    _add_hit(jobs[number], hit, n_hits)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of all filters except the query."""
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


def _add_hit(job: Job, hit: SearchHit, n_hits: int) -> None:
    job.n_hits = n_hits
    job.hits.append(hit)
    if job.hit is None:
        job.hit, job.snippet = hit, hit.snippet


def _first_segments(
    numbers: Sequence[int], condition: ColumnElement[bool]
) -> Select[int, int, int, float, str, str]:
    """Select the first matching segments of each job, with the number of all."""
    of_job = SegmentRow.transcription_number
    first = (
        select(
            of_job,
            SegmentRow.index,
            func.row_number().over(partition_by=of_job, order_by=SegmentRow.start).label("place"),
            func.count().over(partition_by=of_job).label("n_hits"),
        )
        .where(of_job.in_(numbers), condition)
        .subquery()
    )
    return (
        select(
            SegmentRow.transcription_number,
            first.c.n_hits,
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
        .outerjoin(EditRow, joins_segment(EditRow))
        .where(first.c.place <= MAX_SHOWN_HITS)
        .order_by(SegmentRow.transcription_number, SegmentRow.start)
    )


def _snippet(texts: Sequence[str | None], lemmas: frozenset[str]) -> Snippet | None:
    """Return the snippet of the correction, or of the model's text if only that has the words."""
    snippets = (snippet_of(text, lemmas) for text in texts if text)
    return next((snippet for snippet in snippets if snippet), None)


def _number(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= _MAX_CURSOR_CHARS):
        raise BadRequestError("The cursor is invalid.")
    return int(cursor)
