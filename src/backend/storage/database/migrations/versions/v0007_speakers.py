"""Add the speakers of segments."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns; stored segments have no speaker."""
    op.add_column("segments", sa.Column("speaker", sa.Text))
    overlap = sa.Column("overlap", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("segments", overlap)


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("segments", "overlap")
    op.drop_column("segments", "speaker")
