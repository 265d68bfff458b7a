"""If these fail, recordings stay longer than promised, or go before their time."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from backend.errors import JobNotFoundError
from backend.jobs.expiry import Expiry
from backend.settings import BackendSettings
from contracts.jobs import Job, JobStatus
from unit.backend.jobs.test_service import service
from unit.backend.stand_ins import Components

DAY = timedelta(days=1)


def expiry(components: Components, **days: int) -> Expiry:
    settings = BackendSettings(_env_file=None, data_dir=components.folder, **days)
    return Expiry(settings, service(components), components.stores.retention, components.blobs)


async def ended(components: Components, age: timedelta) -> Job:
    job = await components.add_job()
    finished_at = datetime.now(UTC) - age
    await components.stores.runs.finish(job.id, JobStatus.COMPLETED, finished_at=finished_at)
    return job


async def test_jobs_are_deleted_after_the_retention_time(components: Components) -> None:
    jobs = components.stores.jobs
    old, recent = await ended(components, 3 * DAY), await ended(components, DAY)
    waiting = await components.add_job()
    blob = await jobs.blob(old.id)
    await expiry(components, retention_days=2).expire()
    with pytest.raises(JobNotFoundError):
        await jobs.get(old.id)
    assert blob is not None
    assert not components.path(blob).exists()
    for job in (recent, waiting):
        await jobs.get(job.id)


async def test_recordings_are_deleted_and_their_transcripts_stay(components: Components) -> None:
    jobs = components.stores.jobs
    old, recent = await ended(components, 3 * DAY), await ended(components, DAY)
    blobs = [await jobs.blob(job.id) for job in (old, recent)]
    await expiry(components, audio_retention_days=2).expire()
    assert [blob is not None and components.path(blob).exists() for blob in blobs] == [False, True]
    assert await jobs.blob(old.id) is None
    assert (await jobs.get(old.id)).status is JobStatus.COMPLETED


async def test_nothing_expires_by_default(components: Components) -> None:
    job = await ended(components, 3650 * DAY)
    await expiry(components).expire()
    blob = await components.stores.jobs.blob(job.id)
    assert blob is not None
    assert components.path(blob).exists()


async def test_only_old_recordings_without_a_job_are_removed(components: Components) -> None:
    """A new one may belong to a job that is just being stored."""
    folder = components.folder / "blobs" / "aa"
    folder.mkdir(parents=True)
    orphan, new = folder / f"aa{'0' * 30}", folder / f"aa{'1' * 30}"
    kept = await components.stores.jobs.blob((await ended(components, DAY)).id)
    assert kept is not None
    for blob in (orphan, new):
        blob.write_bytes(b"recording")
    files = (orphan, new, components.path(kept))
    for blob in (orphan, components.path(kept)):
        os.utime(blob, (0, 0))
    await expiry(components).expire()
    assert [file.exists() for file in files] == [False, True, True]
