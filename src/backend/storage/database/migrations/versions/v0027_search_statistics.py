"""Search titles in the index alone, and let PostgreSQL know how rare most lemmas are."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

_has_title = sa.text("title_lemmas IS NOT NULL")


def upgrade() -> None:
    """Add the owner to the index of titles, and keep how frequent ten times as many lemmas are."""
    _replace_index("ix_transcriptions_number_title_lemmas", ["owner", "number", "title_lemmas"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX ix_segments_lemmas ALTER COLUMN 1 SET STATISTICS 1000")
        op.execute("ANALYZE segments")


def downgrade() -> None:
    """Remove the owner, and keep as many frequencies as by default."""
    _replace_index("ix_transcriptions_owner_number_title_lemmas", ["number", "title_lemmas"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX ix_segments_lemmas ALTER COLUMN 1 SET STATISTICS -1")


def _replace_index(name: str, columns: list[str]) -> None:
    op.drop_index(name, "transcriptions")
    op.create_index(
        f"ix_transcriptions_{'_'.join(columns)}",
        "transcriptions",
        columns,
        sqlite_where=_has_title,
        postgresql_where=_has_title,
    )
