"""The llm's answers that are kept."""

from backend.storage.database import ChunkStore, Stores
from unit.backend.storage.database.recorded import OWNER, chunk_transcript, running


async def test_an_answer_comes_back_whole_and_only_to_its_owner(
    stores: Stores, chunks: ChunkStore
) -> None:
    answer = chunk_transcript("раз")
    await chunks.put(OWNER, "key", await running(stores), answer)
    assert await chunks.get(OWNER, "key") == answer
    assert await chunks.get("another", "key") is None
    assert await chunks.get(OWNER, "other key") is None


async def test_an_answer_made_again_by_force_takes_the_place_of_the_first(
    stores: Stores, chunks: ChunkStore
) -> None:
    first, second = await running(stores), await running(stores)
    await chunks.put(OWNER, "key", first, chunk_transcript("раз"))
    await chunks.put(OWNER, "key", second, chunk_transcript("два"))
    assert (await stores.jobs.delete(first)).chunk_keys == []
    assert await chunks.get(OWNER, "key") == chunk_transcript("два")
    assert (await stores.jobs.delete(second)).chunk_keys == ["key"]
    assert await chunks.get(OWNER, "key") is None
