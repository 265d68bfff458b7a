"""Add the saved glossaries of owners."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "glossaries",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("glossary", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_glossaries"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("glossaries")
