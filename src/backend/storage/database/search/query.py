"""Find segments by lemmas.

A user's text never becomes part of an expression. Only quoted lemmas do, and they consist of
letters and digits.
"""

from collections.abc import Sequence

from sqlalchemy import Boolean, ColumnElement, cast, column, func, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from backend.storage.database.search.lemmas import word_lemmas, words_of
from backend.storage.database.tables import SegmentRow

MAX_QUERY_WORDS = 16
"""Words of a query that are used; the rest is ignored."""

MAX_QUERY_CHARS = 2000
"""Characters of a query that are used; the rest is ignored."""

Alternatives = frozenset[str]
"""Lemmas of one word; any of them matches."""


def query_words(query: str) -> list[Alternatives]:
    """Return the lemmas of each distinct word of a query."""
    words = (word_lemmas(word.group()) for word in words_of(query[:MAX_QUERY_CHARS]))
    return list(dict.fromkeys(lemmas for lemmas in words if lemmas))[:MAX_QUERY_WORDS]


def segment_matches(words: Sequence[Alternatives], *, is_sqlite: bool) -> ColumnElement[bool]:
    """Return the condition that a segment contains all of the words."""
    if is_sqlite:
        index = table("segments_fts", column("rowid"), column("segments_fts"))
        matches = index.c.segments_fts.op("MATCH", return_type=Boolean())
        expression = _expression(words, '"', " OR ", " AND ")
        return SegmentRow.id.in_(select(index.c.rowid).where(matches(expression)))
    lexemes = func.array_to_tsvector(func.string_to_array(SegmentRow.lemmas, literal_column("' '")))
    expression = _expression(words, "'", " | ", " & ")
    return lexemes.op("@@", return_type=Boolean())(cast(expression, TSQUERY))


def _expression(words: Sequence[Alternatives], quote: str, any_of: str, all_of: str) -> str:
    groups = (any_of.join(f"{quote}{lemma}{quote}" for lemma in sorted(lemmas)) for lemmas in words)
    return all_of.join(f"({group})" for group in groups)
