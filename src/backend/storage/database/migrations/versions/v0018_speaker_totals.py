"""Keep the sums of each owner's speakers."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_SUM_SPEAKERS = """
    INSERT INTO speaker_totals (owner, name, speech_ms)
    WITH RECURSIVE merges(number, speaker, shown) AS (
        SELECT transcription_number, speaker, merged_into FROM speakers
        WHERE merged_into IS NOT NULL
        UNION
        SELECT merges.number, merges.speaker, speakers.merged_into
        FROM merges JOIN speakers ON speakers.transcription_number = merges.number
            AND speakers.speaker = merges.shown AND speakers.merged_into IS NOT NULL
    ), spoken(number, speaker, speech_ms) AS (
        SELECT segments.transcription_number, coalesce(speaker_edits.speaker, segments.speaker),
            sum(CAST(round((segments."end" - segments.start) * 1000) AS BIGINT))
        FROM segments LEFT JOIN speaker_edits
            ON speaker_edits.transcription_number = segments.transcription_number
            AND speaker_edits.segment_index = segments."index"
        WHERE coalesce(speaker_edits.speaker, segments.speaker) IS NOT NULL
        GROUP BY 1, 2
    )
    SELECT transcriptions.owner, coalesce(speakers.name, ''), sum(spoken.speech_ms)
    FROM spoken JOIN transcriptions ON transcriptions.number = spoken.number
        AND transcriptions.status = 'completed'
    LEFT JOIN merges ON merges.number = spoken.number AND merges.speaker = spoken.speaker
        AND NOT EXISTS (
            SELECT 1 FROM speakers further WHERE further.transcription_number = merges.number
                AND further.speaker = merges.shown AND further.merged_into IS NOT NULL
        )
    LEFT JOIN speakers ON speakers.transcription_number = spoken.number
        AND speakers.speaker = coalesce(merges.shown, spoken.speaker)
    GROUP BY 1, 2
"""


def upgrade() -> None:
    """Add the table, and count what is stored."""
    op.create_table(
        "speaker_totals",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("speech_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name="pk_speaker_totals"),
    )
    op.execute(_SUM_SPEAKERS)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("speaker_totals")
