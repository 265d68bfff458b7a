"""Add the trace in which a recording was submitted, so that the work on it continues it."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column; stored transcriptions have none."""
    op.add_column("transcriptions", sa.Column("traceparent", sa.Text))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("transcriptions", "traceparent")
