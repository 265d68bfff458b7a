"""Keep which order of a job's steps each running backend follows, for rolling upgrades."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the column; running backends of earlier versions have none."""
    op.add_column("backends", sa.Column("steps_version", sa.Text))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("backends", "steps_version")
