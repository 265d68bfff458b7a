"""Add the number of starts of a job that did not end cleanly."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; of earlier starts nothing is known."""
    n_starts = sa.Column("unclean_starts", sa.Integer, nullable=False, server_default="0")
    op.add_column("transcriptions", n_starts)


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("transcriptions", "unclean_starts")
