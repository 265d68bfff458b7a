"""Answers to chunks, in the database and at hand; with a real database and cache."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.jobs.chunk_answers import ChunkAnswers
from backend.storage.cache import TranscriptCache
from backend.storage.database import ChunkStore, Database, TranscriptionStore
from unit.backend.database.recorded import OWNER, chunk_transcript, running


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)
    yield database
    database.close()


@pytest.fixture
async def cache() -> AsyncIterator[TranscriptCache]:
    cache = TranscriptCache("")
    yield cache
    await cache.aclose()


@pytest.fixture
def jobs(database: Database) -> TranscriptionStore:
    return TranscriptionStore(database)


async def test_an_answer_at_hand_is_not_read_from_the_database(jobs, database, cache) -> None:
    answers = ChunkAnswers(ChunkStore(database), cache)
    await answers.put(OWNER, "key", await running(jobs), chunk_transcript("раз"))
    database.close()
    (Path(database._engine.url.database)).unlink()
    assert await answers.get(OWNER, "key") == chunk_transcript("раз")


async def test_a_lost_cache_and_one_that_makes_no_sense_lose_no_answer(
    jobs, database, cache
) -> None:
    answers = ChunkAnswers(ChunkStore(database), cache)
    await answers.put(OWNER, "key", await running(jobs), chunk_transcript("раз"))
    await cache.put_chunk(OWNER, "key", b'{"text": 1}')
    assert await answers.get(OWNER, "key") == chunk_transcript("раз")
    await cache.clear()
    assert await answers.get(OWNER, "key") == chunk_transcript("раз")
    assert await answers.get("another", "key") is None


async def test_an_answer_that_comes_after_its_job_was_deleted_is_kept_nowhere(
    jobs, database, cache
) -> None:
    job_id = await running(jobs)
    await jobs.delete(job_id)
    answers = ChunkAnswers(ChunkStore(database), cache)
    await answers.put(OWNER, "key", job_id, chunk_transcript("раз"))
    assert await cache.get_chunk(OWNER, "key") is None
    assert await answers.get(OWNER, "key") is None


class DeletedInBetween(ChunkStore):
    """A store of which the job is deleted right after an answer was put."""

    async def put(self, owner, key, job_id, transcript) -> bool:
        kept = await super().put(owner, key, job_id, transcript)
        await TranscriptionStore(self._database).delete(job_id)
        return kept


async def test_a_deletion_between_database_and_cache_leaves_nothing_in_either(
    jobs, database, cache
) -> None:
    answers = ChunkAnswers(DeletedInBetween(database), cache)
    await answers.put(OWNER, "key", await running(jobs), chunk_transcript("раз"))
    assert await cache.get_chunk(OWNER, "key") is None
