"""If these fail, jobs stay unfinished after a crash, or expired data is not removed."""

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from backend.jobs import expiry
from backend.storage.blobs import FolderBlobs
from backend.storage.database import Database, Stores
from backend.storage.files import new_id
from backend.timing import Timing
from contracts.jobs import FileInfo, Job, JobStatus
from contracts.options import TranscribeOptions
from integration.jobs.backend_client import (
    ONE_CHUNK,
    URL,
    blobs,
    ended,
    left_in_work,
    read,
    running_backend,
    send,
    until,
)

pytestmark = pytest.mark.slow


TIMING = Timing(reconcile_s=0.5, expiry_s=0.3, orphan_grace_s=2.0)


class InTwoDays(datetime):
    @classmethod
    def now(cls, tz=None) -> datetime:
        return datetime.now(tz) + timedelta(days=2)


async def store_without_queueing(data: Path, content: bytes) -> str:
    """Store a job like a process that is killed before queueing it."""
    job_id = new_id()
    arrived = data / "arrived"
    arrived.write_bytes(content)
    file = FileInfo(
        name="a.wav", size_bytes=len(content), sha256="0" * 64, container="wav",
        codec="pcm_s16le", sample_rate=16_000, channels=1,
    )  # fmt: skip
    job = Job(
        id=job_id,
        status=JobStatus.QUEUED,
        created_at=datetime.now(UTC),
        file=file,
        options=TranscribeOptions(),
    )
    database = Database.open(f"sqlite:///{data / 'speech_transcription.db'}")
    blob = await FolderBlobs(data).keep(arrived, job_id)
    await Stores(database).jobs.add(job, "local", blob)
    database.close()
    return job_id


async def test_a_stored_job_that_was_not_queued_is_queued_at_the_start(
    llm, data, short_speech
) -> None:
    data.mkdir()
    job_id = await store_without_queueing(data, short_speech)
    async with running_backend(llm, data, TIMING) as client:
        answer = await client.get(f"{URL}/{job_id}")
        job = await ended(client, Job.model_validate_json(answer.content))
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)


async def test_a_lost_queue_is_rebuilt_and_no_chunk_transcribed_twice(llm, data, speech) -> None:
    llm.delay_s = 0.5
    async with running_backend(llm, data, TIMING, llm_concurrency=1) as client:
        job = await send(client, speech)
        await until(lambda: llm.answered.total() >= 2)
    for file in data.glob("dbos.db*"):
        file.unlink()
    async with running_backend(llm, data, TIMING, llm_concurrency=1) as client:
        job = await ended(client, job)
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert set(llm.answered.values()) == {1}


async def test_a_job_that_its_process_dropped_silently_is_queued_again(
    llm, data, speech, short_speech, monkeypatch
) -> None:
    """This happens when a full disk prevents the queue from recording a retry."""
    llm.delay_s = 60.0
    async with running_backend(llm, data, TIMING) as client:
        running = await send(client, short_speech, **ONE_CHUNK)
        await until(lambda: llm.begun.total() == 1)
        dropped = await send(client, speech)
        with sqlite3.connect(data / "dbos.db", timeout=30) as queue:
            queue.execute(
                "UPDATE workflow_status SET status = 'PENDING', executor_id = ?"
                " WHERE workflow_uuid = ?",
                [(data / "work.0.lock").read_text(), dropped.id],
            )
        llm.delay_s = 0.0
        await client.delete(f"{URL}/{running.id}")
        assert (await ended(client, dropped)).status is JobStatus.COMPLETED


async def test_a_recording_left_by_a_killed_process_is_removed(
    llm, data, short_speech, monkeypatch
) -> None:
    """Killed between updating the row and removing the file, in a deletion and in an expiry."""
    async with running_backend(llm, data, TIMING, audio_retention_days=1) as client:
        kept, deleted = [
            await ended(client, await send(client, short_speech, force="true")) for _ in range(2)
        ]
        with monkeypatch.context() as killed:
            killed.setattr(FolderBlobs, "remove", AsyncMock())
            killed.setattr(expiry, "datetime", InTwoDays)
            await client.delete(f"{URL}/{deleted.id}")

            async def is_dropped() -> bool:
                return (await client.get(f"{URL}/{kept.id}/audio")).status_code == 404

            await until(is_dropped)
            assert len(blobs(data)) == 2, "otherwise the test proves nothing"
        for blob in blobs(data):
            os.utime(blob, (0, 0))
        await until(lambda: blobs(data) == [])
        assert (await read(client, kept)).result


async def test_a_job_survives_an_unavailable_llm(llm, data, short_speech) -> None:
    llm.status = 503
    async with running_backend(llm, data, TIMING) as client:
        job = await send(client, short_speech, **ONE_CHUNK)
        await until(lambda: llm.begun.total() >= 2)
        llm.status = 200
        assert (await ended(client, job)).status is JobStatus.COMPLETED


async def test_the_queue_records_of_an_ended_job_are_removed(llm, data, short_speech) -> None:
    async with running_backend(llm, data, TIMING) as client:
        job = await ended(client, await send(client, short_speech, **ONE_CHUNK))

        await until(lambda: job.id not in ids_in(data / "dbos.db"))
        assert (await read(client, job)).status is JobStatus.COMPLETED
        assert left_in_work(data) == []


def ids_in(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        return {
            row[0]
            for table in ("workflow_status", "operation_outputs")
            for row in connection.execute(f"SELECT workflow_uuid FROM {table}")
        }


async def test_jobs_are_removed_after_their_retention(llm, data, short_speech, monkeypatch) -> None:
    async with running_backend(llm, data, TIMING, retention_days=1) as client:
        job = await ended(client, await send(client, short_speech, **ONE_CHUNK))
        assert len(blobs(data)) == 1
        monkeypatch.setattr(expiry, "datetime", InTwoDays)

        async def is_gone() -> bool:
            return (await client.get(f"{URL}/{job.id}")).status_code == 404

        await until(is_gone)
        await until(lambda: blobs(data) == [])


async def test_recordings_can_have_a_shorter_retention_than_texts(
    llm, data, short_speech, monkeypatch
) -> None:
    async with running_backend(llm, data, TIMING, audio_retention_days=1) as client:
        job = await ended(client, await send(client, short_speech, **ONE_CHUNK))
        monkeypatch.setattr(expiry, "datetime", InTwoDays)
        await until(lambda: blobs(data) == [])
        assert (await client.get(f"{URL}/{job.id}/audio")).status_code == 404
        assert (await read(client, job)).result == job.result
