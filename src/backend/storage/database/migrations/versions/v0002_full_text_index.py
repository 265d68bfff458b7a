"""Create the full-text index of the segments' lemmas.

Lemmas consist of letters and digits and are separated by spaces. SQLite's `ascii` tokenizer and
PostgreSQL's array split them at the spaces only.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_SQLITE = (
    """
    CREATE VIRTUAL TABLE segments_fts USING fts5(
        lemmas, content='segments', content_rowid='id',
        tokenize='ascii', detail='none', columnsize=0
    )
    """,
    """
    CREATE TRIGGER segments_fts_insert AFTER INSERT ON segments BEGIN
        INSERT INTO segments_fts(rowid, lemmas) VALUES (new.id, new.lemmas);
    END
    """,
    """
    CREATE TRIGGER segments_fts_delete AFTER DELETE ON segments BEGIN
        INSERT INTO segments_fts(segments_fts, rowid, lemmas)
            VALUES ('delete', old.id, old.lemmas);
    END
    """,
    """
    CREATE TRIGGER segments_fts_update AFTER UPDATE OF lemmas ON segments BEGIN
        INSERT INTO segments_fts(segments_fts, rowid, lemmas)
            VALUES ('delete', old.id, old.lemmas);
        INSERT INTO segments_fts(rowid, lemmas) VALUES (new.id, new.lemmas);
    END
    """,
    "INSERT INTO segments_fts(segments_fts) VALUES ('rebuild')",
)

_POSTGRESQL = """
    CREATE INDEX ix_segments_lemmas ON segments
        USING gin (array_to_tsvector(string_to_array(lemmas, ' ')))
"""


def upgrade() -> None:
    """Create the index, and fill it with the stored segments."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL)
        return
    for statement in _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Drop the index."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_segments_lemmas")
        return
    for action in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER segments_fts_{action}")
    op.execute("DROP TABLE segments_fts")
