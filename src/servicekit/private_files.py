"""Keeps what a service stores readable by its own user only."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import structlog

log = structlog.get_logger()

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_new_files_private() -> None:
    """Let only this process's user read what it stores from now on."""
    os.umask(_OTHERS)


def keep_files_private(data_dir: Path, files: Iterable[Path] = ()) -> None:
    """Let only this process's user read what it stores, and what a folder holds already.

    A file of another user is left as it is, with a warning: the service may still read it.

    Args:
        data_dir: created if it is missing.
        files: stored outside that folder; their folders stay as they are.
    """
    keep_new_files_private()
    data_dir.mkdir(parents=True, exist_ok=True)
    n_left = sum(not _make_private(path) for path in [*_tree(data_dir.resolve()), *files])
    if n_left:
        log.warning("files_not_private", n_files=n_left, reason="they belong to another user")


def _tree(folder: Path) -> Iterator[Path]:
    yield folder
    for root, folders, files in os.walk(folder):
        yield from (Path(root, name) for name in [*folders, *files])


def _make_private(path: Path) -> bool:
    """Return whether nobody else may use a file or folder; links have no permissions."""
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & _OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    except FileNotFoundError:
        return True  # another process has removed it
    except OSError:
        return False
    return True
