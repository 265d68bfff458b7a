"""The SHA-256 of files."""

import hashlib
from pathlib import Path


class RunningDigest:
    """The SHA-256 of an upload as it arrives: a large file need not be read again for it."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._n_bytes = 0

    def add(self, part: bytes) -> None:
        """Go on with what has arrived."""
        self._hash.update(part)
        self._n_bytes += len(part)

    def of_first(self, n_bytes: int) -> str | None:
        """Return it if so many bytes went by; some did not after a restart or a full disk."""
        return self._hash.hexdigest() if self._n_bytes == n_bytes else None


def sha256_of(path: Path) -> str:
    """Return that of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
