"""Add the report on speech without words."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_big_int = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "report_items",
        sa.Column("id", _big_int),
        sa.Column("transcription_number", _big_int, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report_items"),
        sa.ForeignKeyConstraint(
            ["transcription_number"],
            ["transcriptions.number"],
            "fk_report_items_transcription_number",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_report_items_transcription_number", "report_items", ["transcription_number"]
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("report_items")
