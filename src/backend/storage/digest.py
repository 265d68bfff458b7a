"""Computes the SHA-256 of files."""

import hashlib
from pathlib import Path


class RunningDigest:
    """Computes the SHA-256 of a file as it arrives, so that it need not be read again."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._n_bytes = 0

    def add(self, part: bytes) -> None:
        """Add bytes that have arrived."""
        self._hash.update(part)
        self._n_bytes += len(part)

    def hexdigest(self, n_bytes: int) -> str | None:
        """Return the digest of the whole file of `n_bytes`.

        None if some bytes were not added, as after a restart or on a full disk.
        """
        return self._hash.hexdigest() if self._n_bytes == n_bytes else None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal; the file is read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
