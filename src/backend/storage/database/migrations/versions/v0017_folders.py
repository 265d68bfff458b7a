"""Let owners put their recordings into folders."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column; no recording is in a folder."""
    op.add_column("transcriptions", sa.Column("folder", sa.Text))
    is_in_folder = sa.text("folder IS NOT NULL")
    op.create_index(
        "ix_transcriptions_owner_folder",
        "transcriptions",
        ["owner", "folder"],
        sqlite_where=is_in_folder,
        postgresql_where=is_in_folder,
    )


def downgrade() -> None:
    """Drop the column; the recordings stay."""
    op.drop_index("ix_transcriptions_owner_folder", "transcriptions")
    op.drop_column("transcriptions", "folder")
