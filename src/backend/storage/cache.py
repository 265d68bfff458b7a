"""Finished transcripts as they are sent, ready made: in Redis, or else in this process.

It stands in front of the database and is never believed more: the key holds the revision
that the database names, so that what was corrected or deleted is not found any more.
"""

import time
from contextlib import suppress

import structlog
from cashews import Cache
from cashews.exceptions import CacheBackendInteractionError

log = structlog.get_logger()

_MAX_ENTRIES = 32
"""Kept in the process, the last used ones."""

_MAX_ENTRY_BYTES = 16 * 2**20
"""As JSON, before it is compressed to about a sixth; larger ones are read from the database."""

_TTL_S = 3600
_REDIS_TIMEOUT_S = 0.25
_REST_S = 5.0
"""Seconds for which Redis is left alone after it failed, so that it does not slow us down."""

_REDIS_FAILURES = (CacheBackendInteractionError, TimeoutError, OSError)


class TranscriptCache:
    """JSON of finished jobs, by job and revision.

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
            self._cache.setup("mem://", size=_MAX_ENTRIES, check_interval=60, **form)
        self._rests_until = 0.0
        self._is_failing = False

    async def get(self, owner: str, job_id: str, revision: int) -> bytes | None:
        """Return what was put, if it is still there."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            found = await self._cache.get(_key(owner, job_id, revision))
        except _REDIS_FAILURES as error:
            self._rest(error)
            return None
        self._is_failing = False
        return found

    async def put(self, owner: str, job_id: str, revision: int, job: bytes) -> None:
        """Keep the JSON of a job that has ended, for a while."""
        if time.monotonic() < self._rests_until or len(job) > _MAX_ENTRY_BYTES:
            return
        try:
            await self._cache.set(_key(owner, job_id, revision), job, expire=_TTL_S)
        except _REDIS_FAILURES as error:
            self._rest(error)

    async def forget(self, owner: str, job_id: str) -> None:
        """Remove every revision of a job."""
        with suppress(*_REDIS_FAILURES):
            await self._cache.delete_match(_key(owner, job_id, "*"))

    async def aclose(self) -> None:
        """Close the connections."""
        with suppress(*_REDIS_FAILURES):
            await self._cache.close()

    def _rest(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + _REST_S
        if not self._is_failing:  # once, not at each request
            self._is_failing = True
            log.warning("cache_unreachable", cause=type(error).__name__)


def _key(owner: str, job_id: str, revision: int | str) -> str:
    return f"speech_transcription:job:{owner}:{job_id}:{revision}"
