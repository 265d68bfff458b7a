"""Add the audio tracks of each file, and the number of the one that is transcribed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; earlier files list no tracks."""
    op.add_column("files", sa.Column("audio_tracks", sa.Text, nullable=False, server_default="[]"))
    op.add_column("files", sa.Column("audio_track", sa.Integer))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("files", "audio_track")
    op.drop_column("files", "audio_tracks")
