"""Keep the voices that owners have remembered, and which speakers they are suggested for."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_big_int = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables, empty: nobody's voice is remembered unless asked for."""
    op.create_table(
        "voices",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("print", sa.LargeBinary, nullable=False),
        sa.Column("speech_s", sa.Double, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_voices"),
    )
    op.create_index("ix_voices_owner", "voices", ["owner"])
    op.create_table(
        "voice_suggestions",
        sa.Column("transcription_number", _big_int, nullable=False),
        sa.Column("speaker", sa.Text, nullable=False),
        sa.Column("voice_id", sa.Text, nullable=False),
        sa.Column("certainty", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("transcription_number", "speaker", name="pk_voice_suggestions"),
        sa.ForeignKeyConstraint(
            ["transcription_number"],
            ["transcriptions.number"],
            "fk_voice_suggestions_transcription_number",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["voice_id"], ["voices.id"], "fk_voice_suggestions_voice_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_voice_suggestions_voice_id", "voice_suggestions", ["voice_id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("voice_suggestions")
    op.drop_table("voices")
