"""Copy a SQLite database while it is in use, and restore a copy."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from backend.storage.database.engine import LOCK_TIMEOUT_S


class DamagedBackupError(RuntimeError):
    """The file is not an intact SQLite database."""


def back_up(live: Path, copy: Path) -> None:
    """Write a consistent copy of a database, also while others write to it.

    The copy has no remembered voices: what its owner forgets must not come back with it.

    Args:
        live: the database.
        copy: the file to write; replaced only once the copy is complete.

    Raises:
        FileNotFoundError: the database does not exist.
        DamagedBackupError: the database is damaged.
    """
    unfinished = copy.with_name(f"{copy.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        _copy(live, unfinished)
        with closing(sqlite3.connect(unfinished)) as database:
            database.execute("PRAGMA journal_mode = DELETE")  # one file, no log beside it
            _delete_voices(database)
        ensure_intact(unfinished)
        _sync(unfinished)
        unfinished.replace(copy)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(copy: Path, live: Path) -> None:
    """Replace a database by a copy in one transaction; no process should use it.

    Raises:
        FileNotFoundError: the copy does not exist.
        DamagedBackupError: the copy is damaged; the database is unchanged.
    """
    ensure_intact(copy)
    live.parent.mkdir(parents=True, exist_ok=True)
    _copy(copy, live)


def _copy(source: Path, target: Path) -> None:
    with (
        closing(_open_existing(source)) as from_database,
        closing(sqlite3.connect(target, timeout=LOCK_TIMEOUT_S)) as to_database,
    ):
        from_database.backup(to_database)


def _delete_voices(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA secure_delete = ON")
    has_table = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    with database:
        for table in ("voice_suggestions", "voices"):
            if database.execute(has_table, (table,)).fetchone()[0]:
                database.execute(f"DELETE FROM {table}")  # noqa: S608  # a name from above


def ensure_intact(path: Path) -> None:
    """Check the integrity of a copy.

    Raises:
        FileNotFoundError: the copy does not exist.
        DamagedBackupError: it is damaged.
    """
    try:
        with closing(_open_existing(path)) as database:
            (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise DamagedBackupError(f"{path.name} is damaged: {error}") from error
    if verdict != "ok":
        raise DamagedBackupError(f"{path.name} is damaged: {verdict}")


def _open_existing(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise FileNotFoundError(f"the database {path.name} does not exist")
    return sqlite3.connect(path, timeout=LOCK_TIMEOUT_S)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
