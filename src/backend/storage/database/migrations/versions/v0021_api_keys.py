"""Keep the keys that are made while the backend runs."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_big_int = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_is_valid = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "api_keys",
        sa.Column("id", _big_int, nullable=False),
        sa.Column("selector", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("selector", name="uq_api_keys_selector"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_keys_owner", "api_keys", ["owner"])
    op.create_index(
        "ix_api_keys_name",
        "api_keys",
        ["name"],
        unique=True,
        sqlite_where=_is_valid,
        postgresql_where=_is_valid,
    )


def downgrade() -> None:
    """Drop the table: the keys stop to work, and so does the need for them."""
    op.drop_table("api_keys")
