"""Keep the quotas of keys, and how much each owner sends on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the columns and the table, empty: what was sent before today's upgrade is not counted."""
    op.add_column("api_keys", sa.Column("audio_hours_per_day", sa.Double))
    op.add_column("api_keys", sa.Column("max_kept_bytes", sa.BigInteger))
    op.create_table(
        "daily_usage",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("audio_s", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_daily_usage"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("daily_usage")
    op.drop_column("api_keys", "max_kept_bytes")
    op.drop_column("api_keys", "audio_hours_per_day")
