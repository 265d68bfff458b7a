"""The llm's answers that are kept."""

from backend.storage.database import ChunkStore, TranscriptionStore
from unit.backend.database.recorded import OWNER, chunk_transcript, running


def test_an_answer_comes_back_whole_and_only_to_its_owner(
    jobs: TranscriptionStore, chunks: ChunkStore
) -> None:
    answer = chunk_transcript("раз")
    chunks.put(OWNER, "key", running(jobs), answer)
    assert chunks.get(OWNER, "key") == answer
    assert chunks.get("another", "key") is None
    assert chunks.get(OWNER, "other key") is None


def test_an_answer_made_again_by_force_takes_the_place_of_the_first(
    jobs: TranscriptionStore, chunks: ChunkStore
) -> None:
    first, second = running(jobs), running(jobs)
    chunks.put(OWNER, "key", first, chunk_transcript("раз"))
    chunks.put(OWNER, "key", second, chunk_transcript("два"))
    assert jobs.delete(first).chunk_keys == []
    assert chunks.get(OWNER, "key") == chunk_transcript("два")
    assert jobs.delete(second).chunk_keys == ["key"]
    assert chunks.get(OWNER, "key") is None
