"""What a crash left is mended, and what was kept long enough is removed."""

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from backend.jobs import housekeeping
from backend.storage.blobs import BlobStore
from backend.storage.database import Database, TranscriptionStore
from backend.storage.files import new_id
from contracts.jobs import FileInfo, Job, JobStatus
from contracts.transcription import TranscribeOptions
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


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "MEND_S", 0.5)
    monkeypatch.setattr(housekeeping, "_EXPIRY_S", 0.3)


class InTwoDays(datetime):
    @classmethod
    def now(cls, tz=None) -> datetime:
        return datetime.now(tz) + timedelta(days=2)


async def written_down_and_no_more(data: Path, content: bytes) -> str:
    """Leave what a process leaves that is killed before it queues a new job."""
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
    database = Database.open(f"sqlite:///{data / 'speech_transcription.db'}", data)
    blob = await BlobStore(data / "blobs").keep(arrived, job_id)
    await TranscriptionStore(database).add(job, "local", blob)
    database.close()
    return job_id


async def test_a_job_that_was_never_queued_is_queued_at_the_start(llm, data, short_speech) -> None:
    data.mkdir()
    job_id = await written_down_and_no_more(data, short_speech)
    async with running_backend(llm, data) as client:
        answer = await client.get(f"{URL}/{job_id}")
        job = await ended(client, Job.model_validate_json(answer.content))
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)


async def test_a_lost_queue_is_made_again_and_no_chunk_done_twice(llm, data, speech) -> None:
    llm.delay_s = 0.5
    async with running_backend(llm, data, llm_concurrency=1) as client:
        job = await send(client, speech)
        await until(lambda: llm.answered.total() >= 2)
    for file in data.glob("dbos.db*"):
        file.unlink()
    async with running_backend(llm, data, llm_concurrency=1) as client:
        job = await ended(client, job)
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert set(llm.answered.values()) == {1}


async def test_a_job_that_its_process_dropped_without_a_word_is_queued_again(
    llm, data, speech, short_speech, monkeypatch
) -> None:
    """As when the disk is full, and the queue cannot write that the job is to be done again."""
    monkeypatch.setattr(housekeeping, "_ALONE_S", 2.0)
    llm.delay_s = 60.0
    async with running_backend(llm, data) as client:
        running = await send(client, short_speech, **ONE_CHUNK)
        await until(lambda: llm.begun.total() == 1)
        dropped = await send(client, speech)
        with sqlite3.connect(data / "dbos.db", timeout=30) as queue:
            queue.execute(
                "UPDATE workflow_status SET status = 'PENDING', executor_id = 'process-0'"
                " WHERE workflow_uuid = ?",
                [dropped.id],
            )
        llm.delay_s = 0.0
        await client.delete(f"{URL}/{running.id}")
        assert (await ended(client, dropped)).status is JobStatus.COMPLETED


async def test_a_recording_that_a_kill_left_behind_goes_though_its_text_stays(
    llm, data, short_speech, monkeypatch
) -> None:
    """Killed after the row had lost it, and before the file went: by deletion, by retention."""
    async with running_backend(llm, data, audio_retention_days=1) as client:
        kept, deleted = [
            await ended(client, await send(client, short_speech, force="true")) for _ in range(2)
        ]
        with monkeypatch.context() as killed:
            killed.setattr(BlobStore, "remove", AsyncMock())
            killed.setattr(housekeeping, "datetime", InTwoDays)
            await client.delete(f"{URL}/{deleted.id}")

            async def is_dropped() -> bool:
                return (await client.get(f"{URL}/{kept.id}/audio")).status_code == 404

            await until(is_dropped)
            assert len(blobs(data)) == 2, "the test would show nothing"
        for blob in blobs(data):
            os.utime(blob, (0, 0))
        await until(lambda: blobs(data) == [])
        assert (await read(client, kept)).result


async def test_a_job_outlives_an_llm_that_is_away(llm, data, short_speech) -> None:
    llm.status = 503
    async with running_backend(llm, data) as client:
        job = await send(client, short_speech, **ONE_CHUNK)
        await until(lambda: llm.begun.total() >= 2)
        llm.status = 200
        assert (await ended(client, job)).status is JobStatus.COMPLETED


async def test_records_of_the_queue_go_when_a_job_has_ended(llm, data, short_speech) -> None:
    async with running_backend(llm, data) as client:
        job = await ended(client, await send(client, short_speech, **ONE_CHUNK))

        def is_forgotten() -> bool:
            files = [path for path in data.glob("dbos.db") if path.is_file()]
            return all(job.id not in ids_in(path) for path in files)

        await until(is_forgotten)
        assert (await read(client, job)).status is JobStatus.COMPLETED
        assert left_in_work(data) == []


def ids_in(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        return {
            row[0]
            for table in ("workflow_status", "operation_outputs")
            for row in connection.execute(f"SELECT workflow_uuid FROM {table}")
        }


async def test_jobs_are_removed_after_the_days_they_are_kept(
    llm, data, short_speech, monkeypatch
) -> None:
    async with running_backend(llm, data, retention_days=1) as client:
        job = await ended(client, await send(client, short_speech, **ONE_CHUNK))
        assert len(blobs(data)) == 1
        monkeypatch.setattr(housekeeping, "datetime", InTwoDays)

        async def is_gone() -> bool:
            return (await client.get(f"{URL}/{job.id}")).status_code == 404

        await until(is_gone)
        await until(lambda: blobs(data) == [])


async def test_a_recording_may_be_removed_before_its_text(
    llm, data, short_speech, monkeypatch
) -> None:
    async with running_backend(llm, data, audio_retention_days=1) as client:
        job = await ended(client, await send(client, short_speech, **ONE_CHUNK))
        monkeypatch.setattr(housekeeping, "datetime", InTwoDays)
        await until(lambda: blobs(data) == [])
        assert (await client.get(f"{URL}/{job.id}/audio")).status_code == 404
        assert (await read(client, job)).result == job.result
