"""Add the marks of words that are written in another form, to rewrite them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column; stored words are rewritten from what is written now."""
    op.add_column("words", sa.Column("marked", sa.Text))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("words", "marked")
