"""Stores resumable uploads.

An upload consists of two files: `{id}.json` holds what the client announced, `{id}.bin` the bytes
received. The offset is the size of the latter and stored nowhere else, so that the two agree
whenever the process dies.
"""

import os
import time
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

import anyio
import structlog
from anyio.to_thread import run_sync
from pydantic import BaseModel, ValidationError

from backend.errors import (
    TooLargeError,
    UploadNotFoundError,
    UploadOffsetMismatchError,
    WrongStateError,
)
from backend.storage.digest import RunningDigest, sha256_of
from backend.storage.disk import Disk, map_disk_full, write_all
from backend.storage.files import StoredFile, display_name, is_id, new_id
from backend.storage.work_folder import WorkFolder

log = structlog.get_logger()

_EXPIRY_INTERVAL_S = 3600
_NOT_FOUND = "Upload not found."


class Announcement(BaseModel):
    """Describes a file before the client sends it.

    Attributes:
        length: of the file, in bytes.
        owner: the only one who may use the upload.
        name: the client's file name.
        metadata: the request's `Upload-Metadata` header, returned unchanged.
    """

    length: int
    owner: str
    name: str | None = None
    metadata: str | None = None


@dataclass(frozen=True)
class Upload:
    """State of an upload.

    Attributes:
        name: as the client sent it.
        offset: bytes received.
        length: bytes of the whole file.
    """

    id: str
    name: str | None
    offset: int
    length: int
    metadata: str | None
    expires_at: datetime


@dataclass(frozen=True)
class LinkedFile:
    """A finished upload under a second name in the work folder; see `UploadStore.link`."""

    path: Path
    name: str
    size_bytes: int


class UploadStore:
    """Stores uploads until they are complete and claimed.

    Args:
        folder: for uploads only.
        disk: the folder's disk.
        work: receives claimed uploads; on the same disk.
        ttl_s: time after its last byte at which an upload expires.
    """

    def __init__(self, folder: Path, disk: Disk, work: WorkFolder, ttl_s: int) -> None:
        self._folder = folder
        self._disk = disk
        self._work = work
        self._ttl_s = ttl_s
        self._in_use: set[str] = set()
        self._digests: dict[str, RunningDigest] = {}

    @property
    def max_bytes(self) -> int:
        """The size of the largest file that is accepted."""
        return self._work.max_bytes

    async def prepare(self) -> None:
        """Create the folder."""
        await run_sync(lambda: self._folder.mkdir(parents=True, exist_ok=True))

    async def create(self, announcement: Announcement) -> Upload:
        """Create an upload.

        Raises:
            TooLargeError: the file exceeds `max_bytes`.
            DiskFullError: there is not enough disk space for it.
        """
        if announcement.length > self.max_bytes:
            raise TooLargeError(f"The file is larger than {self.max_bytes} bytes.")
        return await run_sync(self._create, announcement)

    async def find(self, upload_id: str, owner: str) -> Upload:
        """Return the state of an upload.

        Raises: UploadNotFoundError: the owner has no upload with this id.
        """
        return await run_sync(self._find, upload_id, owner)

    async def append(
        self, upload_id: str, owner: str, offset: int, n_bytes: int, parts: AsyncIterator[bytes]
    ) -> Upload:
        """Append bytes to an upload; bytes received before a failure stay stored.

        Args:
            upload_id: the upload.
            owner: its owner.
            offset: the position at which the client continues.
            n_bytes: how many bytes the client announced, 0 if unknown.
            parts: the bytes; may raise when the client disconnects.

        Raises:
            UploadNotFoundError: the owner has no upload with this id.
            WrongStateError: another request uses the upload.
            UploadOffsetMismatchError: `offset` is not the upload's offset.
            TooLargeError: more bytes than announced for the whole file.
            DiskFullError: there is not enough disk space for them.
        """
        with self._exclusive(upload_id):
            upload = await self.find(upload_id, owner)
            if offset != upload.offset:
                raise UploadOffsetMismatchError(
                    f"The upload continues at byte {upload.offset}, not {offset}."
                )
            _ensure_within(upload.length, offset + n_bytes)
            await run_sync(self._disk.ensure_free, n_bytes)
            await self._write(self._data(upload_id), upload, parts)
            return await self.find(upload_id, owner)

    async def remove(self, upload_id: str, owner: str) -> None:
        """Remove an upload; raises UploadNotFoundError and WrongStateError like `append`."""
        with self._exclusive(upload_id):
            await self.find(upload_id, owner)
            await run_sync(self._remove, upload_id)

    async def claim(self, upload_id: str, owner: str) -> StoredFile:
        """Take a finished upload out of the store; the caller owns the file.

        Raises:
            UploadNotFoundError: the owner has no upload with this id.
            WrongStateError: bytes are missing, or another request uses the upload.
        """
        with self._exclusive(upload_id):
            upload = await self.find(upload_id, owner)
            _ensure_finished(upload)
            return await run_sync(self._claim, upload)

    async def link(self, upload_id: str, owner: str) -> LinkedFile:
        """Create a second name for a finished upload, readable even if the upload is removed.

        The caller removes the file.

        Raises: UploadNotFoundError, WrongStateError: like `claim`.
        """
        upload = await self.find(upload_id, owner)
        _ensure_finished(upload)
        return await run_sync(self._link, upload)

    async def expire_forever(self) -> None:
        """Remove expired uploads, now and every hour."""
        while True:
            try:
                await self.remove_expired()
            except OSError as error:
                log.warning("upload_expiry_failed", errno=error.errno)
            await anyio.sleep(_EXPIRY_INTERVAL_S)

    async def remove_expired(self) -> None:
        """Remove the uploads that have received nothing for `ttl_s` seconds."""
        await run_sync(self._remove_expired)

    def _remove_expired(self) -> None:
        last_change: dict[str, float] = {}
        for path in self._folder.iterdir():
            changed = path.stat().st_mtime
            last_change[path.stem] = max(changed, last_change.get(path.stem, changed))
        expired_before = time.time() - self._ttl_s
        for upload_id, changed in last_change.items():
            if changed < expired_before and upload_id not in self._in_use:
                self._remove(upload_id)

    @contextmanager
    def _exclusive(self, upload_id: str) -> Generator[None]:
        if upload_id in self._in_use:
            raise WrongStateError("Another request is using this upload.")
        self._in_use.add(upload_id)
        try:
            yield
        finally:
            self._in_use.remove(upload_id)

    def _data(self, upload_id: str) -> Path:
        return self._folder / f"{upload_id}.bin"

    def _announcement(self, upload_id: str) -> Path:
        return self._folder / f"{upload_id}.json"

    def _create(self, announcement: Announcement) -> Upload:
        self._disk.ensure_free(announcement.length)
        upload_id = new_id()
        with map_disk_full():
            self._announcement(upload_id).write_text(announcement.model_dump_json(), "utf-8")
            self._data(upload_id).touch(exist_ok=False)
        return self._find(upload_id, announcement.owner)

    def _read(self, upload_id: str, owner: str) -> tuple[Announcement, os.stat_result]:
        if not is_id(upload_id):
            raise UploadNotFoundError(_NOT_FOUND)
        try:
            text = self._announcement(upload_id).read_text("utf-8")
            announcement = Announcement.model_validate_json(text)
            data = self._data(upload_id).stat()
        except (FileNotFoundError, ValidationError) as error:
            raise UploadNotFoundError(_NOT_FOUND) from error
        if announcement.owner != owner:
            raise UploadNotFoundError(_NOT_FOUND)
        return announcement, data

    def _find(self, upload_id: str, owner: str) -> Upload:
        announcement, data = self._read(upload_id, owner)
        return Upload(
            id=upload_id,
            name=announcement.name,
            offset=data.st_size,
            length=announcement.length,
            metadata=announcement.metadata,
            expires_at=datetime.fromtimestamp(data.st_mtime + self._ttl_s, UTC),
        )

    async def _write(self, path: Path, upload: Upload, parts: AsyncIterator[bytes]) -> None:
        file = await run_sync(FileIO, path, "ab")
        end = upload.offset
        digest = self._digests.setdefault(upload.id, RunningDigest())
        try:
            async for part in parts:
                end += len(part)
                _ensure_within(upload.length, end)
                await run_sync(self._write_part, file, part, digest)
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(_sync_and_close, file)

    def _write_part(self, file: FileIO, part: bytes, digest: RunningDigest) -> None:
        self._disk.ensure_free(len(part))
        write_all(file, part)
        digest.add(part)

    def _remove(self, upload_id: str) -> None:
        self._digests.pop(upload_id, None)
        self._data(upload_id).unlink(missing_ok=True)
        self._announcement(upload_id).unlink(missing_ok=True)

    def _link(self, upload: Upload) -> LinkedFile:
        path = self._work.path_for_new_file()
        try:
            path.hardlink_to(self._data(upload.id))
        except FileNotFoundError as error:
            raise UploadNotFoundError(_NOT_FOUND) from error
        return LinkedFile(path, display_name(upload.name), upload.length)

    def _claim(self, upload: Upload) -> StoredFile:
        digest = self._digests.pop(upload.id, RunningDigest())
        sha256 = digest.hexdigest(upload.length) or sha256_of(self._data(upload.id))
        path = self._data(upload.id).rename(self._work.path_for_new_file())
        self._announcement(upload.id).unlink(missing_ok=True)
        return StoredFile(
            path=path,
            name=display_name(upload.name),
            size_bytes=upload.length,
            sha256=sha256,
        )


def _ensure_finished(upload: Upload) -> None:
    if upload.offset < upload.length:
        raise WrongStateError(f"Only {upload.offset} of {upload.length} bytes were received.")


def _ensure_within(length: int, end: int) -> None:
    if end > length:
        raise TooLargeError(f"The upload was announced with {length} bytes.")


def _sync_and_close(file: FileIO) -> None:
    with file, map_disk_full():
        os.fsync(file.fileno())
