"""Keep the model's own words beside the readable text."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns; null: the text is as the model wrote it."""
    op.add_column("segments", sa.Column("raw_text", sa.Text))
    op.add_column("words", sa.Column("spoken", sa.Text))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("words", "spoken")
    op.drop_column("segments", "raw_text")
