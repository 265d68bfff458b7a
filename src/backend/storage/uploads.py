"""Stores resumable uploads.

An upload consists of two files: `{id}.json` holds what the client announced, `{id}.bin` the bytes
received. The offset is the size of the latter and stored nowhere else, so that the two agree
whenever the process dies.

A client may send a file as several partial uploads and concatenate them to a final one.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

import anyio
import structlog
from anyio.to_thread import run_sync
from pydantic import ValidationError

from backend.errors import (
    BadRequestError,
    ForbiddenError,
    TooLargeError,
    UploadNotFoundError,
    UploadOffsetMismatchError,
    WrongStateError,
)
from backend.storage.digest import RunningDigest, sha256_of
from backend.storage.disk import Disk, map_disk_full, write_all
from backend.storage.files import StoredFile, display_name, is_id, new_id
from backend.storage.upload_quota import UploadQuota
from backend.storage.upload_state import Announcement, Upload, UploadPiece
from backend.storage.work_folder import WorkFolder

log = structlog.get_logger()

_EXPIRY_INTERVAL_S = 3600
_NOT_FOUND = "Upload not found."
_COPY_BYTES = 2**20


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
        quota: of each owner.
    """

    def __init__(
        self, folder: Path, disk: Disk, work: WorkFolder, *, ttl_s: int, quota: UploadQuota
    ) -> None:
        self._folder = folder
        self._disk = disk
        self._work = work
        self._ttl_s = ttl_s
        self._quota = quota
        self._creating = asyncio.Lock()
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
            TooLargeError: the file exceeds `max_bytes` or the owner's quota.
            UploadQuotaError: with the owner's other uploads it exceeds the quota.
            DiskFullError: there is not enough disk space for it.
        """
        self._ensure_allowed(announcement.length or 0)
        async with self._creating:  # several at once would each find the quota not exceeded
            return await run_sync(self._create, announcement)

    async def concatenate(self, announcement: Announcement) -> Upload:
        """Create a finished upload from partial ones, which stay until it is claimed.

        Args:
            announcement: names the `parts`; its length is not read.

        Raises:
            UploadNotFoundError: the owner has no upload with the id of a part.
            BadRequestError: a part is not a partial upload.
            WrongStateError: bytes of a part are missing, or another request uses it.
            TooLargeError, UploadQuotaError, DiskFullError: like `create`.
        """
        with ExitStack() as stack:
            for part_id in dict.fromkeys(announcement.parts):
                stack.enter_context(self._exclusive(part_id))
            parts = [await self.find(part_id, announcement.owner) for part_id in announcement.parts]
            for part in parts:
                part.ensure_finished_part()
            length = sum(part.offset for part in parts)
            upload = await self.create(announcement.model_copy(update={"length": length}))
            try:
                await run_sync(self._copy_parts, upload)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await run_sync(self._remove, upload.id)
                raise
            return await self.find(upload.id, announcement.owner)

    async def find(self, upload_id: str, owner: str) -> Upload:
        """Return the state of an upload.

        Raises: UploadNotFoundError: the owner has no upload with this id.
        """
        return await run_sync(self._find, upload_id, owner)

    async def append(self, upload_id: str, owner: str, piece: UploadPiece) -> Upload:
        """Append bytes to an upload.

        Raises:
            UploadNotFoundError: the owner has no upload with this id.
            ForbiddenError: the upload consists of partial ones.
            WrongStateError: another request uses the upload.
            UploadOffsetMismatchError: the piece does not begin at the upload's offset.
            BadRequestError: another length was announced before.
            TooLargeError: more bytes than announced for the whole file, or than `max_bytes`.
            ChecksumMismatchError: the bytes have another checksum; they are not stored.
            DiskFullError: there is not enough disk space for them.
        """
        with self._exclusive(upload_id):
            upload = await self.find(upload_id, owner)
            if upload.announcement.parts:
                raise ForbiddenError("An upload that consists of partial ones cannot be changed.")
            if piece.offset != upload.offset:
                raise UploadOffsetMismatchError(
                    f"The upload continues at byte {upload.offset}, not {piece.offset}."
                )
            if piece.length is not None:
                upload = await self._set_length(upload, piece.length)
            self._ensure_within(upload, piece.offset + piece.n_bytes)
            await run_sync(self._disk.ensure_free, piece.n_bytes)
            await self._write(upload, piece)
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
            WrongStateError: bytes are missing, it is a partial upload, or another request uses it.
        """
        with self._exclusive(upload_id):
            upload = await self.find(upload_id, owner)
            upload.ensure_whole()
            return await run_sync(self._claim, upload)

    async def link(self, upload_id: str, owner: str) -> LinkedFile:
        """Create a second name for a finished upload, readable even if the upload is removed.

        The caller removes the file.

        Raises: UploadNotFoundError, WrongStateError: like `claim`.
        """
        upload = await self.find(upload_id, owner)
        upload.ensure_whole()
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

    def _new_announcement(self, upload_id: str) -> Path:
        return self._folder / f"{upload_id}.new"

    def _ensure_allowed(self, length: int) -> None:
        if length > self.max_bytes:
            raise TooLargeError(f"The file is larger than {self.max_bytes} bytes.")

    def _ensure_within(self, upload: Upload, end: int) -> None:
        if upload.length is None:
            self._ensure_allowed(end)
        elif end > upload.length:
            raise TooLargeError(f"The upload was announced with {upload.length} bytes.")

    def _create(self, announcement: Announcement) -> Upload:
        sizes = self._announced_bytes(announcement.owner)
        self._quota.ensure_allows(sizes, self._size_of(announcement))
        self._disk.ensure_free(announcement.length or 0)
        upload_id = new_id()
        with map_disk_full():
            self._announcement(upload_id).write_text(announcement.model_dump_json(), "utf-8")
            self._data(upload_id).touch(exist_ok=False)
        return self._find(upload_id, announcement.owner)

    def _announced_bytes(self, owner: str) -> list[int]:
        """Return the size of each of an owner's uploads."""
        sizes: list[int] = []
        for path in self._folder.glob("*.json"):
            with suppress(UploadNotFoundError):  # another owner's, or just removed
                announcement, _ = self._read(path.stem, owner)
                sizes.append(self._size_of(announcement))
        return sizes

    def _size_of(self, announcement: Announcement) -> int:
        """Return the announced length; the largest possible one until it is announced."""
        return self.max_bytes if announcement.length is None else announcement.length

    async def _set_length(self, upload: Upload, length: int) -> Upload:
        if length == upload.length:
            return upload
        if upload.length is not None:
            raise BadRequestError(f"The upload was announced with {upload.length} bytes.")
        self._ensure_allowed(length)
        announcement = upload.announcement.model_copy(update={"length": length})
        await run_sync(self._rewrite, upload.id, announcement)
        return replace(upload, announcement=announcement)

    def _rewrite(self, upload_id: str, announcement: Announcement) -> None:
        path = self._new_announcement(upload_id)
        with map_disk_full():
            path.write_text(announcement.model_dump_json(), "utf-8")
            path.replace(self._announcement(upload_id))

    def _copy_parts(self, upload: Upload) -> None:
        with map_disk_full(), self._data(upload.id).open("wb") as file:
            for part_id in upload.announcement.parts:
                with self._data(part_id).open("rb") as part:
                    shutil.copyfileobj(part, file, _COPY_BYTES)
            file.flush()
            os.fsync(file.fileno())

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
            announcement=announcement,
            offset=data.st_size,
            expires_at=datetime.fromtimestamp(data.st_mtime + self._ttl_s, UTC),
        )

    async def _write(self, upload: Upload, piece: UploadPiece) -> None:
        file = await run_sync(FileIO, self._data(upload.id), "ab")
        end = piece.offset
        digest = self._digests.setdefault(upload.id, RunningDigest())
        try:
            async for part in piece.verified_parts():
                end += len(part)
                self._ensure_within(upload, end)
                await run_sync(self._write_part, file, part, digest)
        except BaseException:
            if piece.checksum:  # bytes that were not verified are not kept
                self._digests.pop(upload.id, None)
                file.truncate(piece.offset)
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(_sync_and_close, file)

    def _write_part(self, file: FileIO, part: bytes, digest: RunningDigest) -> None:
        self._disk.ensure_free(len(part))
        write_all(file, part)
        digest.add(part)

    def _remove(self, upload_id: str) -> None:
        self._digests.pop(upload_id, None)
        for path in (self._data(upload_id), self._new_announcement(upload_id)):
            path.unlink(missing_ok=True)
        self._announcement(upload_id).unlink(missing_ok=True)

    def _link(self, upload: Upload) -> LinkedFile:
        path = self._work.path_for_new_file()
        try:
            path.hardlink_to(self._data(upload.id))
        except FileNotFoundError as error:
            raise UploadNotFoundError(_NOT_FOUND) from error
        return LinkedFile(path, display_name(upload.name), upload.offset)

    def _claim(self, upload: Upload) -> StoredFile:
        digest = self._digests.pop(upload.id, RunningDigest())
        sha256 = digest.hexdigest(upload.offset) or sha256_of(self._data(upload.id))
        path = self._data(upload.id).rename(self._work.path_for_new_file())
        self._announcement(upload.id).unlink(missing_ok=True)
        for part_id in upload.announcement.parts:
            if part_id not in self._in_use:
                self._remove(part_id)
        return StoredFile(
            path=path,
            name=display_name(upload.name),
            size_bytes=upload.offset,
            sha256=sha256,
        )


def _sync_and_close(file: FileIO) -> None:
    with file, map_disk_full():
        os.fsync(file.fileno())
