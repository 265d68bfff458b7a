"""Keep the names of speakers, and which segments were given to another one."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_big_int = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables, empty."""
    op.create_table(
        "speakers",
        sa.Column("transcription_number", _big_int, nullable=False),
        sa.Column("speaker", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("name_lemmas", sa.Text),
        sa.Column("merged_into", sa.Text),
        sa.PrimaryKeyConstraint("transcription_number", "speaker", name="pk_speakers"),
        sa.ForeignKeyConstraint(
            ["transcription_number"],
            ["transcriptions.number"],
            "fk_speakers_transcription_number",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "speaker_edits",
        sa.Column("transcription_number", _big_int, nullable=False),
        sa.Column("segment_index", sa.Integer, nullable=False),
        sa.Column("speaker", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("transcription_number", "segment_index", name="pk_speaker_edits"),
        sa.ForeignKeyConstraint(
            ["transcription_number", "segment_index"],
            ["segments.transcription_number", "segments.index"],
            "fk_speaker_edits_transcription_number_segment_index",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("speaker_edits")
    op.drop_table("speakers")
