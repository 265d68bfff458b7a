"""If these fail, losing Redis costs more than speed."""

import time
from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from backend.storage import cache as cache_module
from backend.storage.cache import TranscriptCache
from integration.redis_server import RedisServer, running_redis

pytestmark = pytest.mark.slow

JOB = b'{"text": "\xd0\xb4\xd0\xb0"}' * 1000


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
async def cache(redis: RedisServer) -> AsyncIterator[TranscriptCache]:
    cache = TranscriptCache(redis.url)
    yield cache
    await cache.aclose()


async def test_processes_share_entries(cache, redis) -> None:
    await cache.put("local", "job", 0, JOB)
    other = TranscriptCache(redis.url)
    assert await other.get("local", "job", 0) == JOB
    assert await other.get("someone", "job", 0) is None
    assert await other.get("local", "job", 1) is None, "the transcript was corrected since"
    await other.delete("local", "job")
    assert await cache.get("local", "job", 0) is None
    await cache.put_chunk("local", "key", JOB)
    assert await other.get_chunk("local", "key") == JOB
    assert await other.get_chunk("someone", "key") is None
    await other.delete_chunks("local", ["key"])
    assert await cache.get_chunk("local", "key") is None
    await other.aclose()


@pytest.mark.parametrize("loss", ["kill", "hang"])
async def test_a_lost_redis_is_logged_once_and_barely_waited_for(cache, redis, loss) -> None:
    await cache.put("local", "job", 0, JOB)
    getattr(redis, loss)()
    with capture_logs() as logs:
        started = time.monotonic()
        for _ in range(100):
            assert await cache.get("local", "job", 0) is None
            await cache.put("local", "job", 0, JOB)
            assert await cache.get_chunk("local", "key") is None
            await cache.put_chunk("local", "key", JOB)
        assert time.monotonic() - started < 2
        await cache.delete("local", "job")
        await cache.delete_chunks("local", ["key"] * 100)
        assert time.monotonic() - started < 4
    assert [line["event"] for line in logs] == ["cache_unreachable"]


async def test_a_restarted_redis_is_used_again(cache, redis, monkeypatch) -> None:
    monkeypatch.setattr(cache_module, "_BACKOFF_S", 0.1)
    redis.kill()
    assert await cache.get("local", "job", 0) is None
    redis.start()
    deadline = time.monotonic() + 10
    found = None
    while found is None and time.monotonic() < deadline:
        await cache.put("local", "job", 0, JOB)
        found = await cache.get("local", "job", 0)
    assert found == JOB
