"""Keep chunk transcripts: all in the database, the latest in the cache as well."""

from functools import partial

from pydantic import ValidationError

from backend.storage.cache import TranscriptCache
from backend.storage.database import ChunkStore
from backend.storage.disk import retry_on_disk_full
from contracts.transcription import RecognizedChunk


class ChunkCache:
    """Chunk transcripts by owner and key, kept as long as the job that asked for them."""

    def __init__(self, store: ChunkStore, cache: TranscriptCache) -> None:
        self._store = store
        self._cache = cache

    async def get(self, owner: str, key: str) -> RecognizedChunk | None:
        """Return the transcript of a chunk; None: there is none. See `chunk_key`."""
        if cached := await self._cache.get_chunk(owner, key):
            try:
                return RecognizedChunk.model_validate_json(cached)
            except ValidationError:  # written by another version of the program
                await self._cache.delete_chunks(owner, [key])
        return await self._store.get(owner, key)

    async def put(self, owner: str, key: str, job_id: str, transcript: RecognizedChunk) -> None:
        """Store a transcript, unless its job was deleted.

        Only `put` fills the cache: a transcript read from the database could be deleted before
        it reaches the cache, and would stay there.
        """
        if not await retry_on_disk_full(partial(self._store.put, owner, key, job_id, transcript)):
            return
        await self._cache.put_chunk(owner, key, transcript.model_dump_json().encode())
        if await self._store.get(owner, key) is None:  # deleted meanwhile
            await self._cache.delete_chunks(owner, [key])
