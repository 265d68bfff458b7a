"""Add titles, tags, waveforms, and the time at which a job was resumed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_big_int = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the columns and tables, empty."""
    op.add_column("transcriptions", sa.Column("title", sa.Text))
    op.add_column("transcriptions", sa.Column("title_lemmas", sa.Text))
    op.add_column("transcriptions", sa.Column("resumed_at", sa.DateTime(timezone=True)))
    op.add_column("files", sa.Column("waveform", sa.LargeBinary))
    op.create_table(
        "tags",
        sa.Column("transcription_number", _big_int),
        sa.Column("tag", sa.Text),
        sa.PrimaryKeyConstraint("transcription_number", "tag", name="pk_tags"),
        sa.ForeignKeyConstraint(
            ["transcription_number"],
            ["transcriptions.number"],
            "fk_tags_transcription_number",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    """Drop the columns and tables."""
    op.drop_table("tags")
    op.drop_column("files", "waveform")
    for column in ("resumed_at", "title_lemmas", "title"):
        op.drop_column("transcriptions", column)
