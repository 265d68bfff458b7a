"""If these fail, the in-process cache returns an outdated transcript or grows without bound."""

from collections.abc import AsyncIterator

import pytest

from backend.storage import cache as cache_module
from backend.storage.cache import TranscriptCache


@pytest.fixture
async def cache() -> AsyncIterator[TranscriptCache]:
    cache = TranscriptCache("")
    yield cache
    await cache.aclose()


async def test_a_job_is_found_only_by_its_owner_at_its_revision(cache) -> None:
    await cache.put("one", "job", 3, b"content")
    assert await cache.get("one", "job", 3) == b"content"
    assert await cache.get("two", "job", 3) is None
    assert await cache.get("one", "job", 4) is None


async def test_deleting_a_job_removes_all_its_revisions_and_no_other_job(cache) -> None:
    for job, revision in (("job", 1), ("job", 2), ("another", 1)):
        await cache.put("one", job, revision, b"content")
    await cache.delete("one", "job")
    assert await cache.get("one", "job", 1) is None
    assert await cache.get("one", "job", 2) is None
    assert await cache.get("one", "another", 1) == b"content"


async def test_the_size_and_number_of_entries_are_limited(cache, monkeypatch) -> None:
    monkeypatch.setattr(cache_module, "_MAX_ENTRY_BYTES", 10)
    await cache.put("one", "long", 0, b"x" * 11)
    assert await cache.get("one", "long", 0) is None
    for number in range(100):
        await cache.put("one", str(number), 0, b"content")
    kept = [await cache.get("one", str(number), 0) for number in range(100)]
    assert kept[0] is None
    assert kept[-1] == b"content"


async def test_a_chunk_is_found_only_by_its_owner_until_it_is_deleted(cache) -> None:
    await cache.put_chunk("one", "key", b"answer")
    await cache.put_chunk("one", "other", b"answer")
    assert await cache.get_chunk("one", "key") == b"answer"
    assert await cache.get_chunk("two", "key") is None
    await cache.delete_chunks("one", ["key"])
    assert await cache.get_chunk("one", "key") is None
    assert await cache.get_chunk("one", "other") == b"answer"


async def test_chunks_do_not_evict_transcripts_and_are_limited_too(cache) -> None:
    await cache.put("one", "job", 0, b"content")
    for number in range(1100):
        await cache.put_chunk("one", str(number), b"answer")
    assert await cache.get("one", "job", 0) == b"content"
    assert await cache.get_chunk("one", "0") is None
    assert await cache.get_chunk("one", "1099") == b"answer"


async def test_clear_removes_all_entries_of_all_owners(cache) -> None:
    await cache.put("one", "job", 0, b"content")
    await cache.put_chunk("two", "key", b"answer")
    await cache.clear()
    assert await cache.get("one", "job", 0) is None
    assert await cache.get_chunk("two", "key") is None
