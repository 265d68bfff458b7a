"""Quotas: if these fail, a key exceeds its own, or is refused what it may send."""

import asyncio
from datetime import timedelta

import pytest

from backend.accounts import Accounts
from backend.api_keys import ApiKeys
from backend.errors import AudioQuotaError, StorageQuotaError
from backend.storage.database import Database, PreparedRecording, Quota, Stores
from contracts.accounts import KeyRequest
from contracts.jobs import Job
from unit.backend.storage.database.recorded import NOON, OWNER, new_job

HOUR_S = 3600.0
TWO_HOURS = Quota(audio_hours_per_day=2, max_kept_bytes=0)
TOMORROW = NOON + timedelta(hours=12)


def recording(duration_s: float | None, *, size_bytes: int = 1, days: int = 0) -> Job:
    job = new_job(created_at=NOON + timedelta(days=days))
    job.file = job.file.model_copy(update={"duration_s": duration_s, "size_bytes": size_bytes})
    return job


@pytest.fixture
def limited(database: Database) -> Stores:
    return Stores(database, TWO_HOURS)


async def test_audio_is_accepted_up_to_the_quota_of_the_day(limited: Stores) -> None:
    await limited.jobs.add(recording(HOUR_S), OWNER, "a")
    refused = recording(HOUR_S + 1)
    with pytest.raises(AudioQuotaError) as refusal:
        await limited.jobs.add(refused, OWNER, "b")
    assert "2 hours" in refusal.value.detail
    assert "2026-03-02T00:00:00Z" in refusal.value.detail
    assert refusal.value.headers == {"Retry-After": str(12 * 3600)}
    await limited.usage.ensure_allows(OWNER, 0, NOON)
    last = recording(HOUR_S)
    await limited.jobs.add(last, OWNER, "c")
    assert (await limited.usage.of(OWNER, NOON))[1].audio_s_today == 2 * HOUR_S
    with pytest.raises(AudioQuotaError):
        await limited.usage.ensure_allows(OWNER, 0, NOON)
    await limited.jobs.delete(last.id, OWNER)
    with pytest.raises(AudioQuotaError):  # else it would be free to delete what is transcribed
        await limited.jobs.add(recording(1.0), OWNER, "d")
    assert not await limited.retention.refers_to("b")
    await limited.jobs.add(recording(HOUR_S), "another", "e")


async def test_a_new_day_begins_at_midnight_in_utc(limited: Stores) -> None:
    await limited.jobs.add(recording(2 * HOUR_S), OWNER, "a")
    (_, used) = await limited.usage.of(OWNER, NOON)
    assert used.resets_at == TOMORROW
    with pytest.raises(AudioQuotaError):
        await limited.usage.ensure_allows(OWNER, 0, TOMORROW - timedelta(seconds=1))
    await limited.usage.ensure_allows(OWNER, 0, TOMORROW)
    await limited.jobs.add(recording(HOUR_S, days=1), OWNER, "b")
    assert (await limited.usage.of(OWNER, TOMORROW))[1].audio_s_today == HOUR_S


async def test_several_recordings_at_once_do_not_exceed_the_quota(limited: Stores) -> None:
    """Otherwise a script that sends in parallel gets more than others."""
    adding = [
        limited.jobs.add(recording(0.5 * HOUR_S), OWNER, f"blob-{number}") for number in range(7)
    ]
    results = await asyncio.gather(*adding, return_exceptions=True)
    assert sum(isinstance(result, Job) for result in results) == 4
    assert sum(isinstance(result, AudioQuotaError) for result in results) == 3


@pytest.mark.parametrize("declared", [None, 60.0])
async def test_a_recording_counts_by_its_real_length(
    limited: Stores, declared: float | None
) -> None:
    """Otherwise a header without a length, or with a wrong one, evades the quota."""
    job = recording(declared)
    await limited.jobs.add(job, OWNER, "a")
    await limited.runs.begin(job.id, NOON)
    for _ in range(2):  # a resumed job is prepared again
        await limited.runs.set_prepared(job.id, PreparedRecording(3 * HOUR_S, 1.5, 3))
    assert (await limited.usage.of(OWNER, NOON))[1].audio_s_today == 3 * HOUR_S
    with pytest.raises(AudioQuotaError):
        await limited.jobs.add(recording(1.0), OWNER, "b")


async def test_recordings_are_kept_up_to_the_quota(database: Database) -> None:
    stores = Stores(database, Quota(0, 1000))
    kept = recording(HOUR_S, size_bytes=700)
    await stores.jobs.add(kept, OWNER, "a")
    with pytest.raises(StorageQuotaError) as refusal:
        await stores.jobs.add(recording(HOUR_S, size_bytes=301), OWNER, "b")
    assert "1000 bytes" in refusal.value.detail
    with pytest.raises(StorageQuotaError):
        await stores.usage.ensure_allows(OWNER, 301, NOON)
    await stores.usage.ensure_allows(OWNER, 300, NOON)
    await stores.jobs.add(recording(HOUR_S, size_bytes=300), OWNER, "c")
    await stores.jobs.delete(kept.id, OWNER)
    (quota, used) = await stores.usage.of(OWNER, NOON)
    assert (quota.max_kept_bytes, used.kept_bytes) == (1000, 300)
    await stores.jobs.add(recording(HOUR_S, size_bytes=700), OWNER, "d")


async def test_a_keys_own_quota_replaces_the_default_one(limited: Stores) -> None:
    accounts = Accounts(ApiKeys([]), limited.keys)
    owners = {}
    for name, hours in (("less", 1), ("any", 0), ("default", None)):
        made = await accounts.create(KeyRequest(name=name, audio_hours_per_day=hours))
        owners[name] = (await accounts.account_of(made.key)).owner
    with pytest.raises(AudioQuotaError, match="1 hours"):
        await limited.jobs.add(recording(1.5 * HOUR_S), owners["less"], "a")
    await limited.jobs.add(recording(99 * HOUR_S), owners["any"], "b")
    with pytest.raises(AudioQuotaError, match="2 hours"):
        await limited.jobs.add(recording(3 * HOUR_S), owners["default"], "c")
    used = {key.name: key.usage.audio_s_today for key in await limited.keys.list(NOON)}
    assert used == {"less": 0, "any": 99 * HOUR_S, "default": 0}
