"""The llm's answers to chunks: safe in the database, and the last ones at hand in the cache."""

from functools import partial

from pydantic import ValidationError

from backend.jobs.room import once_there_is_room
from backend.storage.cache import TranscriptCache
from backend.storage.database import ChunkStore
from contracts.transcription import ChunkTranscript


class ChunkAnswers:
    """Answers by owner and key, kept as long as the job that asked for them."""

    def __init__(self, store: ChunkStore, cache: TranscriptCache) -> None:
        self._store = store
        self._cache = cache

    async def get(self, owner: str, key: str) -> ChunkTranscript | None:
        """Return the answer for a chunk, if there is one; see `chunk_key`."""
        if cached := await self._cache.get_chunk(owner, key):
            try:
                return ChunkTranscript.model_validate_json(cached)
            except ValidationError:  # of another version of this program
                await self._cache.delete_chunks(owner, [key])
        return await self._store.get(owner, key)

    async def put(self, owner: str, key: str, job_id: str, answer: ChunkTranscript) -> None:
        """Keep an answer, unless its job was deleted.

        What is read later is not put into the cache: it could be deleted in between.
        """
        put = partial(self._store.put, owner, key, job_id, answer)
        if not await once_there_is_room(put):
            return
        await self._cache.put_chunk(owner, key, answer.model_dump_json().encode())
        if await self._store.get(owner, key) is None:  # deleted meanwhile
            await self._cache.delete_chunks(owner, [key])
