"""If these fail, jobs wait needlessly, the queue grows without limit, or a restart loses it."""

import numpy as np
import pytest

from audio_files import write_wav
from contracts.jobs import JobStatus
from integration.jobs.backend_client import (
    ONE_CHUNK,
    URL,
    ended,
    left_in_work,
    read,
    running_backend,
    send,
    until,
)

pytestmark = pytest.mark.slow


async def test_a_short_recording_does_not_wait_for_a_long_one(
    client, llm, speech, short_speech, tmp_path
) -> None:
    samples = np.frombuffer(speech[44:], "<i2").astype(np.float32) / 32_768
    long = write_wav(tmp_path / "long.wav", [np.tile(samples, 1 + 601 * 16_000 // samples.size)])
    llm.delay_s = 0.5
    long_job = await send(client, long.read_bytes())
    await until(lambda: llm.begun.total() >= 1)
    short = await ended(client, await send(client, short_speech, **ONE_CHUNK))
    assert short.status is JobStatus.COMPLETED
    assert (await read(client, long_job)).status is JobStatus.RUNNING


async def test_short_recordings_reach_the_llm_concurrently(
    llm, data, speech, short_speech, tmp_path
) -> None:
    """The llm batches them, and none waits for the longer recording ahead of them."""
    llm.delay_s = 60.0
    samples = np.frombuffer(short_speech[44:], "<i2").astype(np.float32) / 32_768
    short_recordings = [write_wav(tmp_path / f"{n}.wav", [samples[n * 800 :]]) for n in range(4)]
    async with running_backend(llm, data, llm_concurrency=4) as client:
        jobs = [await send(client, speech)]
        await until(lambda: llm.begun.total() == 4)
        jobs += [await send(client, one.read_bytes(), **ONE_CHUNK) for one in short_recordings]
        await until(lambda: llm.begun.total() == 8)
        assert llm.answered.total() == 0
        for job in jobs:
            await client.delete(f"{URL}/{job.id}")


async def test_a_restarted_backend_continues_its_job(llm, data, speech) -> None:
    llm.delay_s = 0.5
    async with running_backend(llm, data, llm_concurrency=1) as client:
        job = await send(client, speech)
        await until(lambda: llm.answered.total() >= 2)
    async with running_backend(llm, data, llm_concurrency=1) as client:
        job = await ended(client, job)
    assert job.status is JobStatus.COMPLETED
    assert set(llm.answered.values()) == {1}
    assert left_in_work(data) == []


async def test_a_full_queue_refuses_jobs_until_one_leaves(llm, data, speech, short_speech) -> None:
    llm.delay_s = 60.0
    async with running_backend(llm, data, max_queued_jobs=1) as client:
        running = await send(client, speech)
        await until(lambda: llm.begun.total() >= 1)
        waiting = await send(client, speech, beam_size="2")
        form = {"file": ("a.wav", short_speech)}
        refused = await client.post(URL, files=form)
        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/queue-full")
        assert int(refused.headers["retry-after"]) > 0
        await client.delete(f"{URL}/{waiting.id}")
        assert (await client.post(URL, files=form)).status_code == 202
        await client.delete(f"{URL}/{running.id}")
