"""Keep the sums of each owner's days, and index what is listed and summed in large databases."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_COUNT_WORDS = """
    UPDATE transcriptions SET n_words = (
        SELECT coalesce(sum(CASE
            WHEN trim(text) = '' THEN 0
            ELSE length(trim(text)) - length(replace(trim(text), ' ', '')) + 1
        END), 0)
        FROM segments WHERE transcription_number = transcriptions.number
    )
    WHERE status = 'completed'
"""

_SUM_DAYS = """
    INSERT INTO day_totals (owner, day, n_recordings, audio_s, n_words)
    SELECT owner, {day} AS day, count(*), sum(total_s), sum(n_words)
    FROM transcriptions WHERE status = 'completed' GROUP BY owner, {day}
"""


def upgrade() -> None:
    """Add the tables and indexes, and count what is stored."""
    op.add_column("transcriptions", sa.Column("n_words", sa.Integer))
    op.create_table(
        "day_totals",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("n_recordings", sa.Integer, nullable=False),
        sa.Column("audio_s", sa.Double, nullable=False),
        sa.Column("n_words", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("owner", "day", name="pk_day_totals"),
    )
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(_COUNT_WORDS)
    day = "date(created_at)" if is_sqlite else "(created_at AT TIME ZONE 'UTC')::date"
    op.execute(_SUM_DAYS.format(day=day))
    op.create_index(
        "ix_transcriptions_owner_status_number", "transcriptions", ["owner", "status", "number"]
    )
    titled, stored = sa.text("title_lemmas IS NOT NULL"), sa.text("blob IS NOT NULL")
    op.create_index(
        "ix_transcriptions_number_title_lemmas",
        "transcriptions",
        ["number", "title_lemmas"],
        sqlite_where=titled,
        postgresql_where=titled,
    )
    op.create_index(
        "ix_files_owner_size_bytes",
        "files",
        ["owner", "size_bytes"],
        sqlite_where=stored,
        postgresql_where=stored,
    )


def downgrade() -> None:
    """Drop the tables, the column and the indexes."""
    op.drop_index("ix_files_owner_size_bytes", "files")
    op.drop_index("ix_transcriptions_number_title_lemmas", "transcriptions")
    op.drop_index("ix_transcriptions_owner_status_number", "transcriptions")
    op.drop_table("day_totals")
    op.drop_column("transcriptions", "n_words")
