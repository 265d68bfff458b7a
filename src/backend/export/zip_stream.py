"""A zip archive that is sent while it grows."""

import zipfile

from backend.export.file_names import portable_name


class _Outbox:
    """A write-only file whose content is taken away as it comes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing: there is no file below."""

    def close(self) -> None:
        """Do nothing: there is no file below."""

    def take(self) -> bytes:
        content, self._pieces = b"".join(self._pieces), []
        return content


class ZipStream:
    """Packs files one by one; only the file being added is in memory."""

    def __init__(self) -> None:
        self._outbox = _Outbox()
        self._archive = zipfile.ZipFile(self._outbox, "w", zipfile.ZIP_DEFLATED)
        self._names = set[str]()

    def add(self, name: str, content: bytes) -> bytes:
        """Add a file under a portable name, and return the bytes to send for it."""
        self._archive.writestr(portable_name(name, self._names), content)
        return self._outbox.take()

    def close(self) -> bytes:
        """Return the archive's last bytes; no file can be added after it."""
        self._archive.close()
        return self._outbox.take()
