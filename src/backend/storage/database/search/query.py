"""Find segments by lemmas, and recordings by the names of their speakers.

A user's text never becomes part of an expression. Only quoted lemmas do, and they consist of
letters and digits.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Boolean,
    ColumnElement,
    and_,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from backend.storage.database.search.lemmas import word_lemmas, words_of
from backend.storage.database.tables import SegmentRow, SpeakerRow, TranscriptionRow

MAX_QUERY_WORDS = 16
"""Words of a query that are used; the rest is ignored."""

MAX_QUERY_CHARS = 2000
"""Characters of a query that are used; the rest is ignored."""

Alternatives = frozenset[str]
"""Lemmas of one word; any of them matches."""


_speaker = re.compile(
    r'(?<!\w)(?:speaker|говорящий):\s*(?:"([^"]*)"|«([^»]*)»|(\S+))', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Query:
    """A search.

    Attributes:
        words: the lemmas of each word that a text or its title must have.
        speakers: for each speaker who must speak, the lemmas of each word of the name.
    """

    words: list[Alternatives]
    speakers: list[list[Alternatives]]


def parse_query(text: str) -> Query:
    """Return the words and the speakers (`speaker:Анна`, `speaker:"Анна Петрова"`) of a query."""
    text = text[:MAX_QUERY_CHARS]
    names = ("".join(filter(None, match.groups())) for match in _speaker.finditer(text))
    speakers = [words for name in names if (words := _words(name))]
    return Query(_words(_speaker.sub(" ", text)), speakers[:MAX_QUERY_WORDS])


def _words(text: str) -> list[Alternatives]:
    words = (word_lemmas(word.group()) for word in words_of(text))
    return list(dict.fromkeys(lemmas for lemmas in words if lemmas))[:MAX_QUERY_WORDS]


def has_speaker(name: Sequence[Alternatives]) -> ColumnElement[bool]:
    """Return the condition that a job has a speaker whose name has all of the words."""
    has_words = (
        or_(*(SpeakerRow.name_lemmas.contains(f" {lemma} ") for lemma in word)) for word in name
    )
    named = select(SpeakerRow.transcription_number).where(
        SpeakerRow.merged_into.is_(None), and_(*has_words)
    )
    return TranscriptionRow.number.in_(named)


def segment_matches(
    words: Sequence[Alternatives], *, is_sqlite: bool, ids: tuple[int, int] | None = None
) -> ColumnElement[bool]:
    """Return the condition that a segment contains all of the words.

    Args:
        ids: the least and the largest that matter; SQLite reads only these of its index.
    """
    if is_sqlite:
        index = table("segments_fts", column("rowid"), column("segments_fts"))
        matches = index.c.segments_fts.op("MATCH", return_type=Boolean())
        expression = _expression(words, '"', " OR ", " AND ")
        found = select(index.c.rowid).where(matches(expression))
        return SegmentRow.id.in_(found.where(index.c.rowid.between(*ids)) if ids else found)
    lexemes = func.array_to_tsvector(func.string_to_array(SegmentRow.lemmas, literal_column("' '")))
    expression = _expression(words, "'", " | ", " & ")
    return lexemes.op("@@", return_type=Boolean())(cast(expression, TSQUERY))


def _expression(words: Sequence[Alternatives], quote: str, any_of: str, all_of: str) -> str:
    groups = (any_of.join(f"{quote}{lemma}{quote}" for lemma in sorted(lemmas)) for lemmas in words)
    return all_of.join(f"({group})" for group in groups)
