"""If these fail, a cancelled job keeps working, or a deleted one leaves data behind."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from audio_files import write_wav
from contracts.jobs import Job, JobStatus, Stage
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


async def test_a_cancelled_job_keeps_the_text_recognised_so_far(llm, data, speech) -> None:
    llm.delay_s = 0.5
    async with running_backend(llm, data, llm_concurrency=1) as client:
        job = await send(client, speech)

        async def has_text() -> bool:
            result = (await read(client, job)).result
            return bool(result and result.segments)

        await until(has_text)
        llm.delay_s = 60.0
        answer = await client.post(f"{URL}/{job.id}/cancel")
        assert answer.status_code == 202
        cancelled = Job.model_validate_json(answer.content)
        assert cancelled.status is JobStatus.CANCELLED
        assert cancelled.result
        assert cancelled.result.segments
        assert (await client.post(f"{URL}/{job.id}/cancel")).status_code == 409
        await until(lambda: left_in_work(data) == [])
        assert (await read(client, job)).result == cancelled.result


async def test_cancelling_a_job_aborts_its_request_to_the_llm(
    client, llm, data, short_speech
) -> None:
    """Also in the last chunk: this recording has only one."""
    llm.delay_s = 60.0
    job = await send(client, short_speech, **ONE_CHUNK)
    await until(lambda: llm.begun.total() == 1)
    started = time.monotonic()
    assert (await client.post(f"{URL}/{job.id}/cancel")).status_code == 202
    await until(lambda: llm.n_dropped == 1)
    assert time.monotonic() - started < 3
    await until(lambda: left_in_work(data) == [])
    await asyncio.sleep(1)
    assert (await read(client, job)).status is JobStatus.CANCELLED
    assert llm.answered.total() == 0


async def test_a_job_cancelled_in_the_queue_never_reaches_the_llm(client, llm, speech) -> None:
    llm.delay_s = 2.0
    first = await send(client, speech)
    await until(lambda: llm.begun.total() >= 1)
    second = await send(client, speech, beam_size="2")
    assert second.status is JobStatus.QUEUED
    assert (await client.post(f"{URL}/{second.id}/cancel")).status_code == 202
    n_chunks = (await ended(client, first)).progress.chunks_total
    await asyncio.sleep(1.5)
    assert llm.begun.total() == n_chunks
    assert (await read(client, second)).status is JobStatus.CANCELLED


async def test_a_job_can_be_cancelled_during_decoding(client, llm, data, tmp_path) -> None:
    quiet_hour = write_wav(tmp_path / "long.wav", [np.zeros(3600 * 8000, np.float32)], 8000)
    job = await send(client, quiet_hour.read_bytes())

    async def is_decoding() -> bool:
        return (await read(client, job)).progress.stage is Stage.DECODING

    await until(is_decoding)
    assert (await client.post(f"{URL}/{job.id}/cancel")).status_code == 202
    await until(lambda: left_in_work(data) == [])
    assert (await read(client, job)).progress.stage is Stage.DECODING


async def test_deleting_a_job_removes_all_its_data(client, llm, data, speech) -> None:
    job = await ended(client, await send(client, speech))
    assert job.result
    words = job.result.segments[0].text.split()[1].encode()
    assert words in content_of(data), "otherwise the test proves nothing"
    await read(client, job)  # into the cache
    assert (await client.delete(f"{URL}/{job.id}")).status_code == 204
    assert (await client.get(f"{URL}/{job.id}")).status_code == 404
    assert (await client.delete(f"{URL}/{job.id}")).status_code == 404
    assert (await client.get(f"{URL}/{job.id}/audio")).status_code == 404
    assert blobs(data) == []
    assert words not in content_of(data)
    again = await send(client, speech)
    assert not again.cached


def content_of(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())


async def test_a_running_job_can_be_deleted(client, llm, data, short_speech) -> None:
    llm.delay_s = 60.0
    job = await send(client, short_speech, **ONE_CHUNK)
    await until(lambda: llm.begun.total() == 1)
    assert (await client.delete(f"{URL}/{job.id}")).status_code == 204
    await until(lambda: llm.n_dropped == 1)
    await until(lambda: left_in_work(data) == [])
    assert blobs(data) == []
    llm.delay_s = 0.0
    after = await ended(client, await send(client, short_speech, **ONE_CHUNK))
    assert after.status is JobStatus.COMPLETED, "the queue continues"


async def test_a_job_cancelled_and_deleted_at_once_leaves_nothing(
    client, llm, data, short_speech
) -> None:
    llm.delay_s = 60.0
    for _ in range(5):
        job = await send(client, short_speech, **ONE_CHUNK)
        cancelled, deleted = await asyncio.gather(
            client.post(f"{URL}/{job.id}/cancel"), client.delete(f"{URL}/{job.id}")
        )
        assert cancelled.status_code in (202, 404)
        assert deleted.status_code == 204
        assert (await client.get(f"{URL}/{job.id}")).status_code == 404
    await until(lambda: left_in_work(data) == [])
    assert blobs(data) == []
