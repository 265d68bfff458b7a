"""Copies a SQLite database while it is in use, and puts a copy back."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from backend.storage.database.engine import LOCK_TIMEOUT_S


class DamagedBackupError(RuntimeError):
    """The copy is not a whole SQLite database."""


def back_up(live: Path, copy: Path) -> None:
    """Write a copy of a database as it is at one moment, whoever writes to it meanwhile.

    Args:
        live: the database.
        copy: one file, in place of an older copy; it is there whole or not at all.

    Raises:
        FileNotFoundError: there is no database.
        DamagedBackupError: the database itself is damaged.
    """
    unfinished = copy.with_name(f"{copy.name}.part")
    unfinished.unlink(missing_ok=True)
    try:
        _copy(live, unfinished)
        with closing(sqlite3.connect(unfinished)) as database:
            database.execute("PRAGMA journal_mode = DELETE")  # one file, no log beside it
        ensure_whole(unfinished)
        _sync(unfinished)
        unfinished.replace(copy)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(copy: Path, live: Path) -> None:
    """Put a copy in a database's place, in one transaction; nobody should be using it.

    Raises:
        FileNotFoundError: there is no copy.
        DamagedBackupError: the copy is damaged; the database stays as it is.
    """
    ensure_whole(copy)
    live.parent.mkdir(parents=True, exist_ok=True)
    _copy(copy, live)


def _copy(source: Path, target: Path) -> None:
    with (
        closing(_open_existing(source)) as from_database,
        closing(sqlite3.connect(target, timeout=LOCK_TIMEOUT_S)) as to_database,
    ):
        from_database.backup(to_database)


def ensure_whole(path: Path) -> None:
    """Read all of a copy.

    Raises:
        FileNotFoundError: there is none.
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
        raise FileNotFoundError(f"there is no database {path.name}")
    return sqlite3.connect(path, timeout=LOCK_TIMEOUT_S)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
