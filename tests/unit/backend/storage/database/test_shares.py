"""Links with which others read a transcript: if these fail, one outlives its time or its owner."""

from datetime import timedelta

import pytest

from backend.errors import JobNotFoundError, WrongStateError
from backend.storage.database import Stores
from contracts.sharing import MAX_SHARE_LINKS
from unit.backend.storage.database.recorded import NOON, OWNER, running

WEEK = NOON + timedelta(days=7)


async def test_a_link_is_valid_until_it_expires(stores: Stores) -> None:
    job_id = await running(stores)
    link = await stores.shares.add(job_id, OWNER, "aa", now=NOON, expires_at=WEEK)
    before = WEEK - timedelta(seconds=1)
    assert await stores.shares.find("aa", before) == (job_id, OWNER, WEEK)
    assert await stores.shares.list(job_id, OWNER, before) == [link]
    with pytest.raises(JobNotFoundError):
        await stores.shares.find("aa", WEEK)
    assert await stores.shares.list(job_id, OWNER, WEEK) == []


async def test_a_link_belongs_to_one_transcript_of_one_owner(stores: Stores) -> None:
    job_id, other = await running(stores), await running(stores, 2)
    link = await stores.shares.add(job_id, OWNER, "aa", now=NOON, expires_at=WEEK)
    for call in (
        stores.shares.remove(other, OWNER, link.id),
        stores.shares.remove(job_id, "somebody", link.id),
        stores.shares.list(job_id, "somebody", NOON),
        stores.shares.add(job_id, "somebody", "bb", now=NOON, expires_at=WEEK),
    ):
        with pytest.raises(JobNotFoundError):
            await call
    await stores.jobs.delete(job_id, OWNER)
    with pytest.raises(JobNotFoundError):
        await stores.shares.find("aa", NOON)


async def test_the_number_of_links_is_limited_and_expired_ones_do_not_count(
    stores: Stores,
) -> None:
    job_id = await running(stores)
    for number in range(MAX_SHARE_LINKS):
        await stores.shares.add(job_id, OWNER, f"{number}", now=NOON, expires_at=WEEK)
    with pytest.raises(WrongStateError):
        await stores.shares.add(job_id, OWNER, "more", now=NOON, expires_at=WEEK)
    await stores.shares.add(job_id, OWNER, "more", now=WEEK, expires_at=WEEK + timedelta(days=1))
