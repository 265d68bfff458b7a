"""List and search the history."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.errors import BadRequestError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import (
    joins_file,
    joins_segment,
    tag_sort_key,
    to_jobs,
)
from backend.storage.database.search.query import (
    Alternatives,
    Query,
    has_speaker,
    parse_query,
    segment_matches,
)
from backend.storage.database.search.snippets import Snippet, snippet_of
from backend.storage.database.summaries import Summaries
from backend.storage.database.tables import (
    EditRow,
    FileRow,
    NoteRow,
    SegmentRow,
    TagRow,
    TranscriptionRow,
)
from contracts.jobs import (
    MAX_SHOWN_HITS,
    Job,
    JobPage,
    JobStatus,
    NoteHit,
    SearchHit,
    TagCount,
)

_MAX_CURSOR_CHARS = 18
"""Digits that fit into any database's largest integer."""

_MAX_NUMBER = 2**63 - 1

_FIRST_SEARCHED = 1000
"""Jobs that a search reads first."""

_SEARCHED_GROWTH = 16
"""Each further step of a search reads that many times the jobs of the step before."""


class Filters(TypedDict, total=False):
    """Conditions on the jobs to list; None is no condition.

    Attributes:
        query: words that must all occur in the transcript, in the title or in the notes, each in
            any of its forms; blank: all jobs. Other characters are ignored.
        since, until: time of arrival, `until` excluded.
    """

    query: str | None
    status: JobStatus | None
    tag: str | None
    folder: str | None
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
        text = filters.get("query") or ""
        query = parse_query(text)
        words = query.words
        if text.strip() and not words and not query.speakers:
            return JobPage(items=[])
        conditions = _conditions(owner, filters, query)
        before = _MAX_NUMBER if cursor is None else _number(cursor)
        with self._database.reading() as session:
            jobs = select(TranscriptionRow, FileRow).join(FileRow, joins_file())
            jobs = jobs.order_by(TranscriptionRow.number.desc()).limit(limit + 1)
            if words:
                found = self._search(session, words, conditions, before, limit + 1)
                jobs = jobs.where(TranscriptionRow.number.in_(found))
            else:
                jobs = jobs.where(*conditions, TranscriptionRow.number < before)
            rows = session.execute(jobs).all()
            shown = [(row, file) for row, file in rows[:limit]]
            numbers = [row.number for row, _ in shown]
            items = dict(zip(numbers, to_jobs(session, shown), strict=True))
            for number, summary in self._summaries.of(session, [row for row, _ in shown]).items():
                items[number].summary = summary
            if words:
                self._show_hits(session, items, words)
        more = len(rows) > limit
        return JobPage(
            items=list(items.values()), next_cursor=str(min(items)) if more and items else None
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

    def _search(
        self,
        session: Session,
        words: Sequence[Alternatives],
        conditions: Sequence[ColumnElement[bool]],
        before: int,
        limit: int,
    ) -> list[int]:
        """Return the numbers of the newest jobs that have all of the words.

        The newest jobs are searched first, then more and more at a time: the first of them have
        enough matches for a common word, and the index has few entries for the others.

        Args:
            before: only jobs with lower numbers.
        """
        found: list[int] = []
        newest = session.scalar(select(func.max(TranscriptionRow.number))) or 0
        end, size = min(before, newest + 1), _FIRST_SEARCHED
        while end > 0 and len(found) < limit:
            start = max(end - size, 0)
            found += self._search_between(session, words, conditions, (start, end), limit)
            end, size = start, size * _SEARCHED_GROWTH
        return found[:limit]

    def _search_between(
        self,
        session: Session,
        words: Sequence[Alternatives],
        conditions: Sequence[ColumnElement[bool]],
        numbers: tuple[int, int],
        limit: int,
    ) -> list[int]:
        """Return those with numbers from the first up to, and without, the second, descending."""
        number = TranscriptionRow.number
        with_word = partial(self._with_word, numbers, self._segment_ids(session, numbers))
        is_between = (number >= numbers[0]) & (number < numbers[1])
        jobs = select(number).where(is_between, *conditions).order_by(number.desc()).limit(limit)
        in_texts = jobs.where(*(number.in_(with_word(word)) for word in words))
        anywhere = [
            or_(
                _in_title(word),
                number.in_(_with_noted([word], numbers)),
                number.in_(with_word(word)),
            )
            for word in words
        ]
        in_titles = jobs.where(
            TranscriptionRow.title_lemmas.is_not(None), or_(*map(_in_title, words)), *anywhere
        )
        in_notes = jobs.where(number.in_(_with_noted(words, numbers)), *anywhere)
        queries = (in_texts, in_titles, in_notes)
        found = {number for query in queries for number in session.scalars(query)}
        return sorted(found, reverse=True)[:limit]

    def _segment_ids(self, session: Session, numbers: tuple[int, int]) -> tuple[int, int] | None:
        """Return the least and the largest id of some jobs' segments, if the search needs them."""
        if not self._database.is_sqlite:
            return None
        ids = select(func.min(SegmentRow.id), func.max(SegmentRow.id)).where(_is_of(numbers))
        least, largest = session.execute(ids).one()
        return least or 0, largest or 0

    def _with_word(
        self, numbers: tuple[int, int], ids: tuple[int, int] | None, word: Alternatives
    ) -> Select[int]:
        return select(SegmentRow.transcription_number).where(
            _is_of(numbers), self._matches([word], ids)
        )

    def _matches(
        self, words: Sequence[Alternatives], ids: tuple[int, int] | None = None
    ) -> ColumnElement[bool]:
        return segment_matches(words, is_sqlite=self._database.is_sqlite, ids=ids)

    def _show_hits(
        self, session: Session, jobs: dict[int, Job], words: Sequence[Alternatives]
    ) -> None:
        """Add to each job its notes, and the segments that have all of the words, else any."""
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
        for number, note, time, text in session.execute(_noted(list(jobs), words)):
            hits, snippet = jobs[number].note_hits, snippet_of(text, lemmas)
            if snippet and len(hits) < MAX_SHOWN_HITS:
                hits.append(
                    NoteHit(note=note, time=time, snippet=snippet.text, marks=snippet.marks)
                )


def _is_of(numbers: tuple[int, int]) -> ColumnElement[bool]:
    of_job = SegmentRow.transcription_number
    return (of_job >= numbers[0]) & (of_job < numbers[1])


def _in_title(word: Alternatives) -> ColumnElement[bool]:
    return _has_lemma(TranscriptionRow.title_lemmas, [word])


def _has_lemma(
    lemmas: InstrumentedAttribute[Any], words: Sequence[Alternatives]
) -> ColumnElement[bool]:
    """Return the condition that a column of padded lemmas has one of any of the words."""
    return or_(*(lemmas.contains(f" {lemma} ") for word in words for lemma in word))


def _with_noted(words: Sequence[Alternatives], numbers: tuple[int, int]) -> Select[int]:
    """Select the jobs between two numbers with a note that has any of the words."""
    of_job = NoteRow.transcription_number
    is_between = (of_job >= numbers[0]) & (of_job < numbers[1])
    return select(of_job).where(is_between, _has_lemma(NoteRow.lemmas, words))


def _noted(numbers: Sequence[int], words: Sequence[Alternatives]) -> Select[int, int, float, str]:
    """Select the notes of some jobs that have any of the words, by time."""
    columns = (NoteRow.transcription_number, NoteRow.id, NoteRow.time, NoteRow.text)
    return (
        select(*columns)
        .where(NoteRow.transcription_number.in_(numbers), _has_lemma(NoteRow.lemmas, words))
        .order_by(NoteRow.time, NoteRow.id)
    )


def _conditions(owner: str | None, filters: Filters, query: Query) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of an owner's jobs and of all filters except the query's words."""
    found = [] if owner is None else [TranscriptionRow.owner == owner]
    found += map(has_speaker, query.speakers)
    if status := filters.get("status"):
        found.append(TranscriptionRow.status == status)
    if tag := filters.get("tag"):
        tagged = select(TagRow.transcription_number).where(TagRow.tag == tag)
        found.append(TranscriptionRow.number.in_(tagged))
    if folder := filters.get("folder"):
        found.append(TranscriptionRow.folder == folder)
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
