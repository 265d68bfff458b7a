"""Ask for marks in a column that earlier versions ignore, instead of in a stage unknown to them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the column, and move what was asked for into it."""
    op.add_column(
        "transcriptions",
        sa.Column("is_punctuating", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.execute(
        "UPDATE transcriptions SET is_punctuating = true, stage = 'done'"
        " WHERE stage = 'punctuating'"
    )
    op.create_index(
        "ix_transcriptions_is_punctuating",
        "transcriptions",
        ["is_punctuating"],
        sqlite_where=sa.text("is_punctuating = 1"),
        postgresql_where=sa.text("is_punctuating"),
    )


def downgrade() -> None:
    """Move it back."""
    op.drop_index("ix_transcriptions_is_punctuating", "transcriptions")
    op.execute("UPDATE transcriptions SET stage = 'punctuating' WHERE is_punctuating")
    op.drop_column("transcriptions", "is_punctuating")
