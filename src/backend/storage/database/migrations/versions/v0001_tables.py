"""Create the tables.

A released migration is never changed, and does not import `tables.py`, which may have changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_big_int = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_files()
    _create_transcriptions()
    _create_segments()
    _create_words_and_edits()
    _create_chunk_transcripts()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("chunk_transcripts", "edits", "words", "segments", "transcriptions", "files"):
        op.drop_table(table)


def _create_files() -> None:
    op.create_table(
        "files",
        sa.Column("id", _big_int),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size_bytes", _big_int, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("audio_sha256", sa.Text),
        sa.Column("container", sa.Text, nullable=False),
        sa.Column("codec", sa.Text, nullable=False),
        sa.Column("sample_rate", sa.Integer, nullable=False),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("duration_s", sa.Double),
        sa.Column("blob", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_files_blob", "files", ["blob"])
    op.create_index("ix_files_owner_audio_sha256", "files", ["owner", "audio_sha256"])
    op.create_index("ix_files_owner_sha256", "files", ["owner", "sha256"])


def _create_transcriptions() -> None:
    op.create_table(
        "transcriptions",
        sa.Column("number", _big_int),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("file_id", _big_int, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("created_at", _time, nullable=False),
        sa.Column("started_at", _time),
        sa.Column("finished_at", _time),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("options_key", sa.Text),
        *(sa.Column(f"model_{part}", sa.Text) for part in ("name", "revision", "engine", "device")),
        sa.Column("language", sa.Text),
        sa.Column("speech_s", sa.Double),
        sa.Column("cached", sa.Boolean, nullable=False),
        sa.Column("joined_to", _big_int),
        sa.Column("stage", sa.String(32)),
        sa.Column("processed_s", sa.Double, nullable=False),
        sa.Column("total_s", sa.Double, nullable=False),
        sa.Column("chunks_done", sa.Integer, nullable=False),
        sa.Column("chunks_total", sa.Integer, nullable=False),
        sa.Column("eta_s", sa.Double),
        sa.Column("warnings", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_transcriptions"),
        sa.UniqueConstraint("id", name="uq_transcriptions_id"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], "fk_transcriptions_file_id"),
        _transcription_key("transcriptions", "joined_to", ondelete="SET NULL"),
        sqlite_autoincrement=True,
    )
    for columns in (["file_id"], ["status"], ["joined_to"], ["owner", "number"]):
        op.create_index(f"ix_transcriptions_{'_'.join(columns)}", "transcriptions", columns)


def _create_segments() -> None:
    op.create_table(
        "segments",
        sa.Column("id", _big_int),
        sa.Column("transcription_number", _big_int, nullable=False),
        sa.Column("index", sa.Integer, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("avg_logprob", sa.Double, nullable=False),
        sa.Column("no_speech_prob", sa.Double, nullable=False),
        sa.Column("compression_ratio", sa.Double, nullable=False),
        sa.Column("has_words", sa.Boolean, nullable=False),
        sa.Column("lemmas", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_segments"),
        sa.UniqueConstraint(
            "transcription_number", "index", name="uq_segments_transcription_number_index"
        ),
        _transcription_key("segments"),
        sqlite_autoincrement=True,
    )


def _create_words_and_edits() -> None:
    op.create_table(
        "words",
        sa.Column("transcription_number", _big_int),
        sa.Column("segment_index", sa.Integer),
        sa.Column("position", sa.Integer),
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("start", sa.Double, nullable=False),
        sa.Column("end", sa.Double, nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint(
            "transcription_number", "segment_index", "position", name="pk_words"
        ),
        _segment_key("words"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "edits",
        sa.Column("transcription_number", _big_int),
        sa.Column("segment_index", sa.Integer),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("edited_at", _time, nullable=False),
        sa.PrimaryKeyConstraint("transcription_number", "segment_index", name="pk_edits"),
        _segment_key("edits"),
    )


def _create_chunk_transcripts() -> None:
    op.create_table(
        "chunk_transcripts",
        sa.Column("owner", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("transcription_number", _big_int, nullable=False),
        sa.Column("transcript", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name="pk_chunk_transcripts"),
        _transcription_key("chunk_transcripts"),
    )
    op.create_index(
        "ix_chunk_transcripts_transcription_number", "chunk_transcripts", ["transcription_number"]
    )


def _transcription_key(
    table: str, column: str = "transcription_number", ondelete: str = "CASCADE"
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["transcriptions.number"], f"fk_{table}_{column}", ondelete=ondelete
    )


def _segment_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["transcription_number", "segment_index"],
        ["segments.transcription_number", "segments.index"],
        f"fk_{table}_transcription_number_segment_index",
        ondelete="CASCADE",
    )
