"""What waits in the queues, on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta

from backend.storage.database import QueueLoad, QueueName, Stores
from unit.backend.storage.database.recorded import KEY, queued, running


async def test_the_loads_of_the_queues_leave_out_duplicates(stores: Stores) -> None:
    """A duplicate needs no worker: an autoscaler that counts it starts machines for nothing."""
    primary, duplicate = await running(stores), await running(stores)
    await stores.duplicates.claim_result(primary, KEY)
    await stores.duplicates.claim_result(duplicate, KEY)
    minute_ago = datetime.now(UTC) - timedelta(seconds=60)
    await queued(stores, created_at=minute_ago)
    await queued(stores, owner="another", created_at=minute_ago + timedelta(seconds=30))
    dictation, short, long = await stores.waiting.loads()
    assert dictation == QueueLoad(QueueName.DICTATION, 0, 0, 0.0)
    assert short == QueueLoad(QueueName.SHORT, 0, 1, 0.0), "decoded: its length is known"
    assert (long.n_queued, long.n_running) == (2, 0), "5 GiB of unknown length"
    assert 60 <= long.oldest_queued_s < 90
