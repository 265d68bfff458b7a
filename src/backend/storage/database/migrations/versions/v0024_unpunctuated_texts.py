"""Have completed texts punctuated whose model wrote neither marks nor capitals."""

import re
from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_TEXTS = """
    SELECT transcriptions.number, segments.text
    FROM transcriptions
    JOIN files ON files.id = transcriptions.file_id
    JOIN segments ON segments.transcription_number = transcriptions.number
    WHERE transcriptions.status = 'completed' AND files.blob IS NOT NULL AND segments.has_words
        AND transcriptions.options NOT LIKE '%"punctuation":"none"%'
        AND transcriptions.options NOT LIKE '%"task":"translate"%'
    ORDER BY transcriptions.number
"""
_REQUEST = "UPDATE transcriptions SET stage = 'punctuating' WHERE number = :number"

_has_mark = re.compile("[.,?!…:;—–]").search


def upgrade() -> None:
    """Ask for the marks of texts that are mostly without; the words stay as they are."""
    connection = op.get_bind()
    bare: list[dict[str, int]] = []
    rows = connection.execute(sa.text(_TEXTS))
    for number, segments in groupby(rows, key=lambda row: row[0]):
        is_bare = [_is_bare(text) for _, text in segments]
        if 2 * sum(is_bare) > len(is_bare):
            bare.append({"number": number})
    if bare:
        connection.execute(sa.text(_REQUEST), bare)


def downgrade() -> None:
    """Forget what was asked for; texts keep the marks that they have."""
    op.execute("UPDATE transcriptions SET stage = 'done' WHERE stage = 'punctuating'")


def _is_bare(text: str) -> bool:
    has_letters = any(character.isalpha() for character in text)
    return has_letters and text == text.lower() and not _has_mark(text)
