"""Add the language that a recording sounds like."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column; that of stored transcriptions is unknown."""
    op.add_column("transcriptions", sa.Column("detected_language", sa.Text))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("transcriptions", "detected_language")
