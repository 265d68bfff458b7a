"""The llm's answers that are kept."""

from backend.storage.database import ChunkStore, TranscriptionStore
from unit.backend.database.recorded import OWNER, chunk_transcript, running


async def test_an_answer_comes_back_whole_and_only_to_its_owner(
    jobs: TranscriptionStore, chunks: ChunkStore
) -> None:
    answer = chunk_transcript("раз")
    await chunks.put(OWNER, "key", await running(jobs), answer)
    assert await chunks.get(OWNER, "key") == answer
    assert await chunks.get("another", "key") is None
    assert await chunks.get(OWNER, "other key") is None


async def test_an_answer_made_again_by_force_takes_the_place_of_the_first(
    jobs: TranscriptionStore, chunks: ChunkStore
) -> None:
    first, second = await running(jobs), await running(jobs)
    await chunks.put(OWNER, "key", first, chunk_transcript("раз"))
    await chunks.put(OWNER, "key", second, chunk_transcript("два"))
    assert (await jobs.delete(first)).chunk_keys == []
    assert await chunks.get(OWNER, "key") == chunk_transcript("два")
    assert (await jobs.delete(second)).chunk_keys == ["key"]
    assert await chunks.get(OWNER, "key") is None
