"""If these fail, a chunk is transcribed twice, or a deleted one stays readable."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.storage.cache import TranscriptCache
from backend.storage.database import ChunkStore, Database, Stores
from backend.transcription.chunk_cache import ChunkCache
from unit.backend.storage.database.recorded import OWNER, recognized_chunk, running


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'test.db'}")
    yield database
    database.close()


@pytest.fixture
async def cache() -> AsyncIterator[TranscriptCache]:
    cache = TranscriptCache("")
    yield cache
    await cache.aclose()


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores(database)


async def test_a_cached_transcript_is_not_read_from_the_database(stores, database, cache) -> None:
    chunks = ChunkCache(ChunkStore(database), cache)
    await chunks.put(OWNER, "key", await running(stores), recognized_chunk("раз"))
    database.close()
    (Path(database._engine.url.database)).unlink()
    assert await chunks.get(OWNER, "key") == recognized_chunk("раз")


async def test_a_cleared_or_invalid_cache_loses_no_transcript(stores, database, cache) -> None:
    chunks = ChunkCache(ChunkStore(database), cache)
    await chunks.put(OWNER, "key", await running(stores), recognized_chunk("раз"))
    await cache.put_chunk(OWNER, "key", b'{"text": 1}')
    assert await chunks.get(OWNER, "key") == recognized_chunk("раз")
    await cache.clear()
    assert await chunks.get(OWNER, "key") == recognized_chunk("раз")
    assert await chunks.get("another", "key") is None


async def test_a_transcript_that_comes_after_its_job_was_deleted_is_not_stored(
    stores, database, cache
) -> None:
    job_id = await running(stores)
    await stores.jobs.delete(job_id)
    chunks = ChunkCache(ChunkStore(database), cache)
    await chunks.put(OWNER, "key", job_id, recognized_chunk("раз"))
    assert await cache.get_chunk(OWNER, "key") is None
    assert await chunks.get(OWNER, "key") is None


class DeletedInBetween(ChunkStore):
    """A store whose job is deleted right after a transcript was put."""

    async def put(self, owner, key, job_id, transcript) -> bool:
        kept = await super().put(owner, key, job_id, transcript)
        await Stores(self._database).jobs.delete(job_id)
        return kept


async def test_a_deletion_between_database_and_cache_leaves_nothing_in_either(
    stores, database, cache
) -> None:
    chunks = ChunkCache(DeletedInBetween(database), cache)
    await chunks.put(OWNER, "key", await running(stores), recognized_chunk("раз"))
    assert await cache.get_chunk(OWNER, "key") is None
