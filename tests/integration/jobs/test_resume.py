"""If these fail, a resumed job loses or repeats work."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from contracts.jobs import Job, JobStatus
from integration.client import send as send_file
from integration.jobs.backend_client import URL, ended, read, running_backend, send, until
from speech_corpus import russian_sentences
from testbed.instant_llm import StandInLlm
from testbed.services import running_service
from testbed.speech import concatenated

pytestmark = pytest.mark.slow


IN_FLIGHT = 1
"""Chunks in flight at a stop, which are transcribed again; equals `llm_concurrency`."""


@pytest.fixture(scope="module")
def recording() -> Path:
    """Return half a minute of speech: several chunks."""
    return concatenated(russian_sentences(3), pause_s=0.5)


@pytest.fixture(scope="module")
def speech(recording: Path) -> bytes:
    return recording.read_bytes()


async def paused_after_three_chunks(
    client: httpx.AsyncClient, llm: StandInLlm, speech: bytes
) -> Job:
    """Send a recording and cancel its job while a later chunk is in flight."""
    job = await send(client, speech)

    async def has_begun() -> bool:
        return (await read(client, job)).progress.chunks_done >= 3

    await until(has_begun)
    assert (await client.post(f"{URL}/{job.id}/cancel")).status_code == 202
    return await read(client, job)


def n_repeated(llm: StandInLlm, n_jobs: int = 1) -> int:
    """Return the number of answers beyond one for each chunk of each job."""
    return llm.answered.total() - n_jobs * len(llm.answered)


async def resume(client: httpx.AsyncClient, job: Job) -> httpx.Response:
    return await client.post(f"{URL}/{job.id}/resume")


async def test_a_resumed_job_transcribes_no_chunk_twice(llm, tmp_path, speech) -> None:
    llm.delay_s = 0.4
    async with running_backend(llm, tmp_path / "data", llm_concurrency=1) as client:
        paused = await paused_after_three_chunks(client, llm, speech)
        assert paused.result is not None
        n_done = paused.progress.chunks_done
        assert 3 <= n_done < paused.progress.chunks_total
        answer = await resume(client, paused)
        assert answer.status_code == 202, answer.text
        resumed = Job.model_validate_json(answer.content)
        assert resumed.status in (JobStatus.QUEUED, JobStatus.RUNNING)
        assert resumed.result == paused.result, "the text recognised so far stays visible"
        job = await ended(client, paused)
        waveform = (await client.get(f"{URL}/{job.id}/waveform")).json()
        undisturbed = await ended(client, await send(client, speech, force="true"))
    assert (job.status, job.cached, job.warnings) == (JobStatus.COMPLETED, False, [])
    assert job.result is not None
    assert undisturbed.result is not None
    assert job.result.text == undisturbed.result.text
    assert n_repeated(llm, n_jobs=2) <= IN_FLIGHT
    assert max(waveform["peaks"]) > 0.1
    assert len(waveform["peaks"]) * waveform["bucket_s"] == pytest.approx(
        job.result.duration_s, rel=0.01
    )


async def test_a_job_cancelled_in_the_queue_can_be_resumed(llm, tmp_path, speech) -> None:
    llm.delay_s = 60.0
    async with running_backend(llm, tmp_path / "data", max_queued_jobs=2) as client:
        first = await send(client, speech)
        await until(lambda: llm.begun.total() >= 1)
        second, third = [await send(client, speech, beam_size=size) for size in ("2", "3")]
        assert (second.queue_position, third.queue_position) == (1, 2)
        await client.post(f"{URL}/{second.id}/cancel")
        assert (await read(client, third)).queue_position == 1
        fourth = await send(client, speech, beam_size="4")
        full = await resume(client, second)
        assert (full.status_code, full.json()["type"]) == (429, "/problems/queue-full")
        assert (await read(client, second)).status is JobStatus.CANCELLED
        await client.delete(f"{URL}/{fourth.id}")
        answer = await resume(client, second)
        assert (answer.status_code, answer.json()["queue_position"]) == (202, 2)
        llm.delay_s = 0.0
        await client.delete(f"{URL}/{first.id}")
        assert (await ended(client, second)).status is JobStatus.COMPLETED
        assert (await ended(client, third)).status is JobStatus.COMPLETED


async def test_concurrent_resumes_run_a_job_once(llm, tmp_path, speech) -> None:
    llm.delay_s = 0.3
    async with running_backend(llm, tmp_path / "data", llm_concurrency=1) as client:
        paused = await paused_after_three_chunks(client, llm, speech)
        answers = await asyncio.gather(*(resume(client, paused) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [202, 409, 409]
        assert (await resume(client, paused)).status_code == 409, "it is queued or running already"
        job = await ended(client, paused)
        assert job.status is JobStatus.COMPLETED
        done = await resume(client, job)
        assert (done.status_code, done.json()["type"]) == (409, "/problems/wrong-state")
        await client.delete(f"{URL}/{job.id}")
        assert (await resume(client, job)).status_code == 404
    assert n_repeated(llm) <= IN_FLIGHT


async def test_repeated_cancels_and_resumes_lose_nothing(llm, tmp_path, speech) -> None:
    """They happen at different moments: while the job waits, starts, decodes and stops."""
    llm.delay_s = 0.1
    async with running_backend(llm, tmp_path / "data", llm_concurrency=1) as client:
        job = await send(client, speech)
        for pause_s in (0.0, 0.05, 0.2, 0.4, 0.8):
            await asyncio.sleep(pause_s)
            cancel = await client.post(f"{URL}/{job.id}/cancel")
            if cancel.status_code == 409:  # it has ended
                break
            assert (await resume(client, job)).status_code == 202
        job = await ended(client, job)
        other = await ended(client, await send(client, speech, force="true"))
    assert job.status is JobStatus.COMPLETED
    assert job.progress.chunks_done == job.progress.chunks_total
    assert job.result is not None
    assert other.result is not None
    assert job.result.text == other.result.text


async def test_another_model_continues_a_resumed_job(llm, tmp_path, speech) -> None:
    """Stored text keeps its corrections, and a warning names the change of model."""
    llm.delay_s = 0.3
    async with running_backend(llm, tmp_path / "data", llm_concurrency=1) as client:
        paused = await paused_after_three_chunks(client, llm, speech)
        answered = llm.answered.total()
        await client.patch(f"{URL}/{paused.id}/segments/0", json={"text": "Исправлено"})
        llm.model = llm.model.model_copy(update={"revision": "2"})
        await resume(client, paused)
        job = await ended(client, paused)
    assert [str(warning) for warning in job.warnings] == ["model_changed"]
    assert job.result is not None
    assert job.result.segments[0].text == "Исправлено"
    assert llm.answered.total() - job.progress.chunks_total <= IN_FLIGHT
    assert answered < job.progress.chunks_total


def test_a_resumed_job_survives_a_kill(llm, tmp_path, recording) -> None:
    llm.delay_s = 0.5
    address = f"http://127.0.0.1:{llm.port}"
    with running_service("backend", tmp_path, LLM_URL=address, LLM_CONCURRENCY="1") as backend:
        sent = send_file(backend.url, recording, chunk_length_s=5).headers["Location"]
        job_url = backend.url + sent

        def job() -> Job:
            return Job.model_validate_json(httpx.get(job_url, trust_env=False, timeout=60).content)

        def wait(is_so) -> None:
            deadline = time.monotonic() + 120
            while not is_so():
                assert time.monotonic() < deadline, backend.log.read_text()[-3000:]
                time.sleep(0.1)

        def kill() -> None:
            assert backend.process is not None
            backend.process.kill()
            backend.process.wait()
            backend.start()
            backend.wait_until_ready()

        wait(lambda: job().progress.chunks_done >= 1)
        httpx.post(f"{job_url}/cancel", trust_env=False, timeout=60)
        kill()
        assert job().status is JobStatus.CANCELLED, (
            "a cancelled job stays cancelled after a restart"
        )
        assert httpx.post(f"{job_url}/resume", trust_env=False, timeout=60).status_code == 202
        kill()
        wait(lambda: job().status.is_final)
        ended = job()
    assert ended.status is JobStatus.COMPLETED
    assert ended.progress.chunks_done == ended.progress.chunks_total == len(llm.answered)
    assert n_repeated(llm) <= 2 * IN_FLIGHT
