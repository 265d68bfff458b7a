"""What is likely to be asked for again, at hand: in Redis, or else in this process.

Finished transcripts, as they are sent, and the llm's answers to chunks. It stands in front of
the database and is never believed more: a transcript's key holds the revision that the
database names, so that what was corrected or deleted is not found any more; an answer's key
is made of all that the answer depends on. Losing it costs time, and nothing else.
"""

import time
from collections.abc import Sequence
from contextlib import suppress

import structlog
from cashews import Cache
from cashews.exceptions import CacheBackendInteractionError

log = structlog.get_logger()

_MAX_JOBS = 32
_MAX_CHUNKS = 1024
"""Kept in the process, the last used ones; an answer to a chunk has some kilobytes."""

_JOBS = "speech_transcription:job:"
_CHUNKS = "speech_transcription:chunk:"

_MAX_ENTRY_BYTES = 16 * 2**20
"""As JSON, before it is compressed to about a sixth; larger ones are read from the database."""

_TTL_S = 3600
_REDIS_TIMEOUT_S = 0.25
_REST_S = 5.0
"""Seconds for which Redis is left alone after it failed, so that it does not slow us down."""

_REDIS_FAILURES = (CacheBackendInteractionError, TimeoutError, OSError)


class TranscriptCache:
    """JSON of the results of finished jobs, by job and revision, and of answers to chunks, by key.

    Args:
        redis_url: empty: kept in this process.
    """

    def __init__(self, redis_url: str) -> None:
        self._cache = Cache()
        form = {"pickle_type": "null", "compress_type": "zlib"}
        if redis_url:
            timeouts = {
                "socket_timeout": _REDIS_TIMEOUT_S,
                "socket_connect_timeout": _REDIS_TIMEOUT_S,
                "wait_for_connection_timeout": _REDIS_TIMEOUT_S,
            }
            self._cache.setup(redis_url, suppress=False, **timeouts, **form)
        else:
            for kind, size in ((_JOBS, _MAX_JOBS), (_CHUNKS, _MAX_CHUNKS)):
                self._cache.setup("mem://", prefix=kind, size=size, check_interval=60, **form)
        self._rests_until = 0.0
        self._is_failing = False

    async def get(self, owner: str, job_id: str, revision: int) -> bytes | None:
        """Return what was put, if it is still there."""
        return await self._get(_key(owner, job_id, revision))

    async def put(self, owner: str, job_id: str, revision: int, job: bytes) -> None:
        """Keep the JSON of the result of a job that has ended, for a while."""
        await self._put(_key(owner, job_id, revision), job)

    async def get_chunk(self, owner: str, key: str) -> bytes | None:
        """Return the answer to a chunk that was put, if it is still there."""
        return await self._get(_chunk_key(owner, key))

    async def put_chunk(self, owner: str, key: str, answer: bytes) -> None:
        """Keep the JSON of an answer for a while."""
        await self._put(_chunk_key(owner, key), answer)

    async def delete(self, owner: str, job_id: str) -> None:
        """Remove every revision of a job."""
        with suppress(*_REDIS_FAILURES):
            await self._cache.delete_match(_key(owner, job_id, "*"))

    async def delete_chunks(self, owner: str, keys: Sequence[str]) -> None:
        """Remove answers to chunks."""
        if keys:
            with suppress(*_REDIS_FAILURES):
                await self._cache.delete_many(*(_chunk_key(owner, key) for key in keys))

    async def clear(self) -> None:
        """Remove everything of everybody."""
        with suppress(*_REDIS_FAILURES):
            for kind in (_JOBS, _CHUNKS):
                await self._cache.delete_match(f"{kind}*")

    async def aclose(self) -> None:
        """Close the connections."""
        with suppress(*_REDIS_FAILURES):
            await self._cache.close()

    async def _get(self, key: str) -> bytes | None:
        if time.monotonic() < self._rests_until:
            return None
        try:
            found = await self._cache.get(key)
        except _REDIS_FAILURES as error:
            self._rest(error)
            return None
        self._is_failing = False
        return found

    async def _put(self, key: str, content: bytes) -> None:
        if time.monotonic() < self._rests_until or len(content) > _MAX_ENTRY_BYTES:
            return
        try:
            await self._cache.set(key, content, expire=_TTL_S)
        except _REDIS_FAILURES as error:
            self._rest(error)

    def _rest(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + _REST_S
        if not self._is_failing:  # once, not at each request
            self._is_failing = True
            log.warning("cache_unreachable", cause=type(error).__name__)


def _key(owner: str, job_id: str, revision: int | str) -> str:
    return f"{_JOBS}{owner}:{job_id}:{revision}"


def _chunk_key(owner: str, key: str) -> str:
    return f"{_CHUNKS}{owner}:{key}"
