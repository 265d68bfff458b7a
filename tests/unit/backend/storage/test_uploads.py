"""If these fail, a resumed upload loses bytes, or another owner can use it."""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from backend.errors import (
    BadRequestError,
    DiskFullError,
    TooLargeError,
    UploadNotFoundError,
    UploadOffsetMismatchError,
    UploadQuotaError,
    WrongStateError,
)
from backend.storage.checksum import Checksum
from backend.storage.disk import Disk
from backend.storage.files import new_id
from backend.storage.upload_quota import UploadQuota
from backend.storage.upload_state import Announcement, UploadPiece
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder

OWNER = "one"
QUOTA = UploadQuota(max_uploads=10, max_bytes=3000)


async def parts(*pieces: bytes, then: Exception | None = None) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if then:
        raise then


async def begin(uploads: UploadStore, length: int) -> str:
    return (await uploads.create(Announcement(owner=OWNER, length=length, name="Имя.mp3"))).id


def left_in(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "uploads").iterdir())


@pytest.mark.parametrize("cut", range(7))
async def test_an_upload_interrupted_at_any_byte_resumes_there(
    uploads: UploadStore, cut: int
) -> None:
    upload_id = await begin(uploads, 6)
    with pytest.raises(BadRequestError):
        await uploads.append(
            upload_id, OWNER, UploadPiece(0, 6, parts(b"abcdef"[:cut], then=BadRequestError("cut")))
        )
    offset = (await uploads.find(upload_id, OWNER)).offset
    assert offset == cut
    await uploads.append(upload_id, OWNER, UploadPiece(offset, 0, parts(b"abcdef"[offset:])))
    stored = await uploads.claim(upload_id, OWNER)
    assert stored.path.read_bytes() == b"abcdef"
    assert stored.sha256 == hashlib.sha256(b"abcdef").hexdigest()


@pytest.mark.parametrize("cut", [0, 2, 5])
async def test_bytes_without_their_whole_checksum_are_not_kept(
    uploads: UploadStore, cut: int
) -> None:
    """Otherwise bytes damaged before a break stay, and no later checksum covers them."""
    upload_id = await begin(uploads, 6)
    await uploads.append(upload_id, OWNER, UploadPiece(0, 1, parts(b"a")))
    checksum = Checksum("sha256", hashlib.sha256(b"bcdef").digest())
    interrupted = parts(b"bcdef"[:cut], then=BadRequestError("cut"))
    with pytest.raises(BadRequestError):
        await uploads.append(upload_id, OWNER, UploadPiece(1, 5, interrupted, checksum=checksum))
    assert (await uploads.find(upload_id, OWNER)).offset == 1
    await uploads.append(upload_id, OWNER, UploadPiece(1, 5, parts(b"bcdef"), checksum=checksum))
    stored = await uploads.claim(upload_id, OWNER)
    assert stored.sha256 == hashlib.sha256(b"abcdef").hexdigest()


async def test_an_upload_resumes_after_a_restart(
    uploads: UploadStore, work: WorkFolder, tmp_path: Path
) -> None:
    upload_id = await begin(uploads, 6)
    await uploads.append(upload_id, OWNER, UploadPiece(0, 3, parts(b"abc")))
    restarted = UploadStore(tmp_path / "uploads", Disk(tmp_path, 0), work, ttl_s=60, quota=QUOTA)
    await restarted.prepare()
    await restarted.remove_expired()
    assert (await restarted.append(upload_id, OWNER, UploadPiece(3, 3, parts(b"def")))).offset == 6
    stored = await restarted.claim(upload_id, OWNER)
    assert stored.name == "Имя.mp3"
    assert stored.sha256 == hashlib.sha256(b"abcdef").hexdigest()


async def test_claiming_moves_the_file_and_returns_its_digest(
    uploads: UploadStore, tmp_path: Path
) -> None:
    upload_id = await begin(uploads, 3)
    await uploads.append(upload_id, OWNER, UploadPiece(0, 3, parts(b"abc")))
    stored = await uploads.claim(upload_id, OWNER)
    assert stored.path.parent == tmp_path / "work"
    assert (stored.name, stored.size_bytes) == ("Имя.mp3", 3)
    assert stored.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert left_in(tmp_path) == []
    with pytest.raises(UploadNotFoundError):
        await uploads.claim(upload_id, OWNER)


async def test_an_unfinished_upload_cannot_be_claimed(uploads: UploadStore) -> None:
    upload_id = await begin(uploads, 3)
    await uploads.append(upload_id, OWNER, UploadPiece(0, 2, parts(b"ab")))
    with pytest.raises(WrongStateError, match="2 of 3"):
        await uploads.claim(upload_id, OWNER)
    assert (await uploads.append(upload_id, OWNER, UploadPiece(2, 1, parts(b"c")))).offset == 3


async def test_concurrent_requests_to_one_upload_are_refused(uploads: UploadStore) -> None:
    upload_id = await begin(uploads, 6)
    may_continue = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"abc"
        await may_continue.wait()
        yield b"def"

    first = asyncio.create_task(uploads.append(upload_id, OWNER, UploadPiece(0, 6, slow())))
    while (await uploads.find(upload_id, OWNER)).offset < 3:
        await asyncio.sleep(0.01)
    for second in (
        uploads.append(upload_id, OWNER, UploadPiece(3, 3, parts(b"XXX"))),
        uploads.claim(upload_id, OWNER),
        uploads.remove(upload_id, OWNER),
    ):
        with pytest.raises(WrongStateError):
            await second
    may_continue.set()
    assert (await first).offset == 6
    assert (await uploads.claim(upload_id, OWNER)).path.read_bytes() == b"abcdef"


@pytest.mark.parametrize("offset", [0, 2, 4])
async def test_a_wrong_offset_writes_nothing(uploads: UploadStore, offset: int) -> None:
    upload_id = await begin(uploads, 6)
    await uploads.append(upload_id, OWNER, UploadPiece(0, 3, parts(b"abc")))
    with pytest.raises(UploadOffsetMismatchError):
        await uploads.append(upload_id, OWNER, UploadPiece(offset, 1, parts(b"X")))
    assert (await uploads.find(upload_id, OWNER)).offset == 3


@pytest.mark.parametrize("n_announced", [0, 7])
async def test_more_bytes_than_announced_are_refused(
    uploads: UploadStore, n_announced: int
) -> None:
    upload_id = await begin(uploads, 6)
    with pytest.raises(TooLargeError):
        await uploads.append(upload_id, OWNER, UploadPiece(0, n_announced, parts(b"abcd", b"efg")))
    assert (await uploads.find(upload_id, OWNER)).offset <= 6


async def test_an_upload_above_the_limit_or_on_a_full_disk_is_not_created(
    uploads: UploadStore, work: WorkFolder, tmp_path: Path
) -> None:
    with pytest.raises(TooLargeError):
        await begin(uploads, 1001)
    full = UploadStore(tmp_path / "uploads", Disk(tmp_path, 2**60), work, ttl_s=60, quota=QUOTA)
    with pytest.raises(DiskFullError):
        await begin(full, 1)
    assert left_in(tmp_path) == []


async def test_a_removed_upload_leaves_nothing(uploads: UploadStore, tmp_path: Path) -> None:
    upload_id = await begin(uploads, 6)
    await uploads.remove(upload_id, OWNER)
    assert left_in(tmp_path) == []
    with pytest.raises(UploadNotFoundError):
        await uploads.remove(upload_id, OWNER)


@pytest.mark.parametrize("upload_id", ["0" * 32, "../work/x", "", "%2e%2e"])
async def test_an_unknown_id_is_not_found(uploads: UploadStore, upload_id: str) -> None:
    with pytest.raises(UploadNotFoundError):
        await uploads.find(upload_id, OWNER)


async def test_only_uploads_without_recent_bytes_expire(
    uploads: UploadStore, tmp_path: Path
) -> None:
    abandoned, fresh, slow = [await begin(uploads, 6) for _ in range(3)]
    day_ago = time.time() - 86_400
    for path in left_in(tmp_path):
        if path.stem != fresh:
            os.utime(path, (day_ago, day_ago))
    (tmp_path / "uploads" / f"{new_id()}.bin").touch()
    await uploads.append(slow, OWNER, UploadPiece(0, 1, parts(b"a")))
    await uploads.remove_expired()
    assert {abandoned, fresh, slow} & {path.stem for path in left_in(tmp_path)} == {fresh, slow}
    with pytest.raises(UploadNotFoundError):
        await uploads.find(abandoned, OWNER)


async def test_only_its_owner_can_use_an_upload(uploads: UploadStore) -> None:
    """Otherwise anyone who learns an upload's URL could append to it or transcribe it."""
    upload_id = await begin(uploads, 3)
    attempts = [
        uploads.find(upload_id, "another"),
        uploads.append(upload_id, "another", UploadPiece(0, 3, parts(b"abc"))),
        uploads.remove(upload_id, "another"),
        uploads.claim(upload_id, "another"),
    ]
    for attempt in attempts:
        with pytest.raises(UploadNotFoundError):
            await attempt
    assert (await uploads.find(upload_id, OWNER)).offset == 0


async def test_uploads_of_an_owner_have_a_quota(uploads: UploadStore) -> None:
    """Otherwise one client announces more than the disk holds, or a million files."""
    ids = [await begin(uploads, 1000) for _ in range(3)]
    with pytest.raises(UploadQuotaError, match="3 uploads of 3000 bytes"):
        await begin(uploads, 1)
    assert await uploads.create(Announcement(owner="another", length=1000))
    await uploads.append(ids[0], OWNER, UploadPiece(0, 0, parts(b"x" * 1000)))
    await uploads.claim(ids[0], OWNER)
    await uploads.remove(ids[1], OWNER)
    for _ in range(9):
        await begin(uploads, 1)
    with pytest.raises(UploadQuotaError, match="limit is 10"):
        await begin(uploads, 1)


async def test_an_upload_of_unknown_length_takes_the_largest_size(uploads: UploadStore) -> None:
    for _ in range(3):
        await uploads.create(Announcement(owner=OWNER, length=None))
    with pytest.raises(UploadQuotaError):
        await uploads.create(Announcement(owner=OWNER, length=None))


async def test_uploads_created_at_once_do_not_exceed_the_quota(uploads: UploadStore) -> None:
    created = await asyncio.gather(
        *(begin(uploads, 1000) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(one, UploadQuotaError) for one in created) == 5
