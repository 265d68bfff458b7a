"""If these fail, a recording is transcribed again needlessly, or gets an outdated result."""

import asyncio

import numpy as np
import pytest

from audio_files import write_encoded
from backend.llm_client import MODELS_KNOWN_S
from contracts.jobs import JobStatus
from integration.jobs.backend_client import (
    URL,
    ended,
    running_backend,
    send,
    until,
)

pytestmark = pytest.mark.slow


async def test_a_repeated_recording_is_completed_at_once(
    client, llm, data, speech, tmp_path
) -> None:
    first = await ended(client, await send(client, speech))
    n_chunks = llm.begun.total()
    again = await send(client, speech)
    assert (again.status, again.cached) == (JobStatus.COMPLETED, True)
    assert again.result == first.result
    assert again.model == first.model

    wav = np.frombuffer(speech[44:], "<i2").astype(np.float32) / 32_768
    flac = write_encoded(tmp_path / "same.flac", wav, "flac")
    repackaged = await ended(client, await send(client, flac.read_bytes()))
    assert repackaged.cached, "the same samples in another container"
    assert llm.begun.total() == n_chunks


async def test_other_options_or_force_transcribe_again(client, llm, speech) -> None:
    await ended(client, await send(client, speech))
    n_chunks = llm.begun.total()
    other = await ended(client, await send(client, speech, beam_size="2"))
    assert (other.cached, llm.begun.total()) == (False, 2 * n_chunks)
    forced = await ended(client, await send(client, speech, force="true"))
    assert (forced.cached, llm.begun.total()) == (False, 3 * n_chunks)
    unforced = await send(client, speech)
    assert (unforced.cached, llm.begun.total()) == (True, 3 * n_chunks)


async def test_another_model_transcribes_again(client, llm, speech) -> None:
    await ended(client, await send(client, speech))
    llm.model = llm.model.model_copy(update={"revision": "2"})
    await asyncio.sleep(MODELS_KNOWN_S)
    again = await ended(client, await send(client, speech))
    assert not again.cached
    assert again.model == llm.model


async def test_identical_recordings_sent_at_once_are_transcribed_once(llm, data, speech) -> None:
    llm.delay_s = 0.3
    async with running_backend(llm, data, max_running_jobs=3) as client:
        jobs = await asyncio.gather(*(send(client, speech) for _ in range(3)))
        jobs = await asyncio.gather(*(ended(client, job) for job in jobs))
    assert {job.status for job in jobs} == {JobStatus.COMPLETED}
    assert {job.result.text for job in jobs if job.result} == {jobs[0].result.text}
    assert sorted(job.cached for job in jobs) == [False, True, True]
    assert set(llm.begun.values()) == {1}


async def test_a_duplicate_completes_when_its_primary_is_cancelled_or_deleted(
    client, llm, speech
) -> None:
    await ended(client, await send(client, speech, beam_size="2"))  # the decoded audio is known now
    llm.delay_s = 0.5
    first = await send(client, speech)
    await until(lambda: max(llm.begun.values()) >= 1)
    second = await send(client, speech)
    assert not second.status.is_final
    await client.post(f"{URL}/{first.id}/cancel")
    third = await send(client, speech)
    await client.delete(f"{URL}/{first.id}")
    for job in (await ended(client, second), await ended(client, third)):
        assert job.status is JobStatus.COMPLETED
        assert job.result
        assert job.progress.chunks_done == job.progress.chunks_total
