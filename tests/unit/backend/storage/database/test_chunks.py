"""If these fail, stored chunk transcripts are lost or reach another owner."""

from backend.storage.database import ChunkStore, Stores
from unit.backend.storage.database.recorded import OWNER, recognized_chunk, running


async def test_only_its_owner_gets_a_stored_transcript(stores: Stores, chunks: ChunkStore) -> None:
    answer = recognized_chunk("раз")
    await chunks.put(OWNER, "key", await running(stores), answer)
    assert await chunks.get(OWNER, "key") == answer
    assert await chunks.get("another", "key") is None
    assert await chunks.get(OWNER, "other key") is None


async def test_a_forced_transcript_replaces_the_first(stores: Stores, chunks: ChunkStore) -> None:
    first, second = await running(stores), await running(stores)
    await chunks.put(OWNER, "key", first, recognized_chunk("раз"))
    await chunks.put(OWNER, "key", second, recognized_chunk("два"))
    assert (await stores.jobs.delete(first)).chunk_keys == []
    assert await chunks.get(OWNER, "key") == recognized_chunk("два")
    assert (await stores.jobs.delete(second)).chunk_keys == ["key"]
    assert await chunks.get(OWNER, "key") is None
