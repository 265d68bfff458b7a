"""Keep the notes of owners on moments of their recordings."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_big_int = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "notes",
        sa.Column("id", _big_int, nullable=False),
        sa.Column("transcription_number", _big_int, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("lemmas", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        sa.ForeignKeyConstraint(
            ["transcription_number"],
            ["transcriptions.number"],
            "fk_notes_transcription_number",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notes_transcription_number", "notes", ["transcription_number"])


def downgrade() -> None:
    """Drop the table and the notes."""
    op.drop_table("notes")
