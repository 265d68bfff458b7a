"""Caches finished transcripts and chunk transcripts, in Redis or in this process.

The database stays authoritative: a transcript's key contains the revision stored there, so that
a corrected or deleted transcript is no longer found, and a chunk's key is derived from everything
that its transcript depends on. Losing the cache costs only time.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from cashews import Cache
from cashews.exceptions import CacheBackendInteractionError

log = structlog.get_logger()

_MAX_JOBS = 32
_MAX_CHUNKS = 1024
"""Entries cached in this process, the most recently used; a chunk takes a few kilobytes."""

_JOBS = "speech_transcription:job:"
_CHUNKS = "speech_transcription:chunk:"

_MAX_ENTRY_BYTES = 16 * 2**20
"""Size as JSON, before compression to about a sixth; larger entries are not cached."""

_TTL_S = 3600
_REDIS_TIMEOUT_S = 0.25
_BACKOFF_S = 5.0
"""Time without calls to Redis after a failure, so that requests do not wait for it."""

_REDIS_FAILURES = (CacheBackendInteractionError, TimeoutError, OSError)


class TranscriptCache:
    """Caches results of finished jobs by revision, and chunk transcripts by key, as JSON.

    Every entry belongs to an owner. When Redis fails, reads find nothing and writes do nothing.

    Args:
        redis_url: empty to cache in this process.
    """

    def __init__(self, redis_url: str) -> None:
        self._cache = Cache()
        encoding: dict[str, Any] = {"pickle_type": "null", "compress_type": "zlib"}
        if redis_url:
            self._cache.setup(
                redis_url,
                suppress=False,
                socket_timeout=_REDIS_TIMEOUT_S,
                socket_connect_timeout=_REDIS_TIMEOUT_S,
                wait_for_connection_timeout=_REDIS_TIMEOUT_S,
                **encoding,
            )
        else:
            for prefix, size in ((_JOBS, _MAX_JOBS), (_CHUNKS, _MAX_CHUNKS)):
                self._cache.setup("mem://", prefix=prefix, size=size, check_interval=60, **encoding)
        self._retry_at = 0.0
        self._is_failing = False

    async def get(
        self, owner: str, job_id: str, revision: int, *, with_words: bool = True
    ) -> bytes | None:
        """Return the JSON of a job's result, if it is cached at this revision."""
        return await self._get(_key(owner, job_id, _version(revision, with_words)))

    async def put(
        self, owner: str, job_id: str, revision: int, job_json: bytes, *, with_words: bool = True
    ) -> None:
        """Cache the JSON of a finished job's result, with or without the times of words."""
        await self._put(_key(owner, job_id, _version(revision, with_words)), job_json)

    async def get_chunk(self, owner: str, key: str) -> bytes | None:
        """Return the JSON of a chunk's transcript, if it is cached."""
        return await self._get(_chunk_key(owner, key))

    async def put_chunk(self, owner: str, key: str, chunk_json: bytes) -> None:
        """Cache the JSON of a chunk's transcript."""
        await self._put(_chunk_key(owner, key), chunk_json)

    async def delete(self, owner: str, job_id: str) -> None:
        """Remove all revisions of a job."""
        with suppress(*_REDIS_FAILURES):
            await self._cache.delete_match(_key(owner, job_id, "*"))

    async def delete_chunks(self, owner: str, keys: Sequence[str]) -> None:
        """Remove transcripts of chunks."""
        if keys:
            with suppress(*_REDIS_FAILURES):
                await self._cache.delete_many(*(_chunk_key(owner, key) for key in keys))

    async def clear(self) -> None:
        """Remove all entries of all owners."""
        with suppress(*_REDIS_FAILURES):
            for prefix in (_JOBS, _CHUNKS):
                await self._cache.delete_match(f"{prefix}*")

    async def aclose(self) -> None:
        """Close the connections."""
        with suppress(*_REDIS_FAILURES):
            await self._cache.close()

    async def _get(self, key: str) -> bytes | None:
        if time.monotonic() < self._retry_at:
            return None
        try:
            found = await self._cache.get(key)
        except _REDIS_FAILURES as error:
            self._back_off(error)
            return None
        self._is_failing = False
        return found

    async def _put(self, key: str, content: bytes) -> None:
        if time.monotonic() < self._retry_at or len(content) > _MAX_ENTRY_BYTES:
            return
        try:
            await self._cache.set(key, content, expire=_TTL_S)
        except _REDIS_FAILURES as error:
            self._back_off(error)

    def _back_off(self, error: Exception) -> None:
        self._retry_at = time.monotonic() + _BACKOFF_S
        if not self._is_failing:  # log once, not for every request
            self._is_failing = True
            log.warning("cache_unreachable", cause=type(error).__name__)


def _version(revision: int, with_words: bool) -> str:
    return f"{revision}" if with_words else f"{revision}:no_words"


def _key(owner: str, job_id: str, version: str) -> str:
    return f"{_JOBS}{owner}:{job_id}:{version}"


def _chunk_key(owner: str, key: str) -> str:
    return f"{_CHUNKS}{owner}:{key}"
