"""Keep which backends run, so that others take over the jobs of one that died."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "backends",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("n_beats", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backends"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("backends")
