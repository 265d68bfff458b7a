"""Uploads that arrive in parts, and go on where they stopped.

An upload is two files: `{id}.json` says what the client announced, `{id}.bin` holds what
has arrived. The offset is the size of the latter and is kept nowhere else, so that the two
cannot differ, whenever the process dies.
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
_UNKNOWN = "No upload has this id."


class Announcement(BaseModel):
    """What the client says of a file before it sends it.

    Attributes:
        owner: whose it is; nobody else is told of it.
        metadata: the header `Upload-Metadata` as it came, to be given back.
    """

    length: int
    owner: str
    name: str | None = None
    metadata: str | None = None


@dataclass(frozen=True)
class Upload:
    """How far an upload is; offset and length in bytes, `name` as the client gave it."""

    id: str
    name: str | None
    offset: int
    length: int
    metadata: str | None
    expires_at: datetime


@dataclass(frozen=True)
class LinkedFile:
    """A finished upload under a second name, in the work folder; see `UploadStore.link`."""

    path: Path
    name: str
    size_bytes: int


class UploadStore:
    """The uploads under way.

    Args:
        folder: holds them, and nothing else.
        disk: that of the folder.
        work: where finished uploads go; on the same disk.
        ttl_s: seconds after its last byte at which an upload is given up.
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
        """Begin an upload.

        Raises:
            TooLargeError: it would be larger than is accepted.
            DiskFullError: there is no room for it.
        """
        if announcement.length > self.max_bytes:
            raise TooLargeError(f"The file has more than {self.max_bytes} bytes.")
        return await run_sync(self._create, announcement)

    async def find(self, upload_id: str, owner: str) -> Upload:
        """Return how far an upload is, or raise UploadNotFoundError."""
        return await run_sync(self._find, upload_id, owner)

    async def append(
        self, upload_id: str, owner: str, offset: int, n_bytes: int, parts: AsyncIterator[bytes]
    ) -> Upload:
        """Add what comes to an upload; what came before a failure is kept.

        Args:
            upload_id: the one to add to.
            owner: whose it is.
            offset: the byte at which the client goes on.
            n_bytes: how many the client says will come, 0 when it does not say.
            parts: what comes; it may raise when the client hangs up.

        Raises:
            UploadNotFoundError: no upload of that owner has this id.
            WrongStateError: another request is writing to it, or has claimed it.
            UploadOffsetMismatchError: the client goes on elsewhere than we are.
            TooLargeError: it is more than was announced.
            DiskFullError: there is no room for it.
        """
        with self._alone(upload_id):
            upload = await self.find(upload_id, owner)
            if offset != upload.offset:
                raise UploadOffsetMismatchError(
                    f"The upload goes on at byte {upload.offset}, not {offset}."
                )
            _ensure_within(upload.length, offset + n_bytes)
            await run_sync(self._disk.ensure_free, n_bytes)
            await self._write(self._data(upload_id), upload, parts)
            return await self.find(upload_id, owner)

    async def remove(self, upload_id: str, owner: str) -> None:
        """Give an upload up; raises UploadNotFoundError and WrongStateError as `append` does."""
        with self._alone(upload_id):
            await self.find(upload_id, owner)
            await run_sync(self._remove, upload_id)

    async def claim(self, upload_id: str, owner: str) -> StoredFile:
        """Take a finished upload out; the file belongs to the caller.

        Raises:
            UploadNotFoundError: no upload of that owner has this id.
            WrongStateError: bytes are missing, or another request has the upload.
        """
        with self._alone(upload_id):
            upload = await self.find(upload_id, owner)
            _ensure_finished(upload)
            return await run_sync(self._claim, upload)

    async def link(self, upload_id: str, owner: str) -> LinkedFile:
        """Give a name of its own to a finished upload, by which it can be read.

        The caller removes it; what becomes of the upload meanwhile does not matter.

        Raises: UploadNotFoundError, WrongStateError: as `claim` does.
        """
        upload = await self.find(upload_id, owner)
        _ensure_finished(upload)
        return await run_sync(self._link, upload)

    async def expire_forever(self) -> None:
        """Remove the uploads that were given up, now and every hour."""
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
        given_up = time.time() - self._ttl_s
        for upload_id, changed in last_change.items():
            if changed < given_up and upload_id not in self._in_use:
                self._remove(upload_id)

    @contextmanager
    def _alone(self, upload_id: str) -> Generator[None]:
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
            raise UploadNotFoundError(_UNKNOWN)
        try:
            text = self._announcement(upload_id).read_text("utf-8")
            announcement = Announcement.model_validate_json(text)
            data = self._data(upload_id).stat()
        except (FileNotFoundError, ValidationError) as error:
            raise UploadNotFoundError(_UNKNOWN) from error
        if announcement.owner != owner:
            raise UploadNotFoundError(_UNKNOWN)
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
            raise UploadNotFoundError(_UNKNOWN) from error
        return LinkedFile(path, display_name(upload.name), upload.length)

    def _claim(self, upload: Upload) -> StoredFile:
        digest = self._digests.pop(upload.id, RunningDigest())
        sha256 = digest.of_first(upload.length) or sha256_of(self._data(upload.id))
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
        raise WrongStateError(f"Only {upload.offset} of {upload.length} bytes have arrived.")


def _ensure_within(length: int, end: int) -> None:
    if end > length:
        raise TooLargeError(f"The upload was announced with {length} bytes.")


def _sync_and_close(file: FileIO) -> None:
    with file, map_disk_full():
        os.fsync(file.fileno())
