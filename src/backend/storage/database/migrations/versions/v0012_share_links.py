"""Keep the links with which others may read a transcript."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_big_int = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "share_links",
        sa.Column("id", _big_int, nullable=False),
        sa.Column("transcription_number", _big_int, nullable=False),
        sa.Column("token_sha256", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_share_links"),
        sa.UniqueConstraint("token_sha256", name="uq_share_links_token_sha256"),
        sa.ForeignKeyConstraint(
            ["transcription_number"],
            ["transcriptions.number"],
            "fk_share_links_transcription_number",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_share_links_transcription_number", "share_links", ["transcription_number"])


def downgrade() -> None:
    """Drop the table: the links stop to work."""
    op.drop_table("share_links")
