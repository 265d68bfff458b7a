"""Migrate the tables to a version of the schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine

_MIGRATIONS = Path(__file__).with_name("migrations")


class NewerDatabaseError(RuntimeError):
    """The database was migrated by a newer version of this program."""


def upgrade(engine: Engine) -> None:
    """Migrate to the newest version.

    Raises: NewerDatabaseError: this program does not know the database's version.
    """
    with engine.execution_options(writes=True).begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise NewerDatabaseError(f"this program is older than its database: {error}") from error


def downgrade(engine: Engine, revision: str) -> None:
    """Migrate back to an earlier version; `base` has no tables."""
    with engine.execution_options(writes=True).begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def revisions() -> list[str]:
    """Return all versions, the oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [each.revision for each in script.walk_revisions()][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
