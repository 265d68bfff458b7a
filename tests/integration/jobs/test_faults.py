"""What goes wrong around a job while it runs, and that nothing of it is lost."""

import asyncio
import os
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import httpx
import pytest

from contracts.jobs import Job, JobStatus
from integration.client import send as send_file
from integration.faketime import SettableClock
from integration.jobs.backend_client import (
    OPTIONS,
    URL,
    ended,
    read,
    running_backend,
    send,
    until,
)
from integration.redis_server import running_redis
from integration.test_durable_jobs import ended as job_ended
from testbed.instant_llm import Fault
from testbed.services import running_service

pytestmark = pytest.mark.slow

FEW_AT_ONCE = {"llm_concurrency": 2}


def assert_whole(job: Job, llm) -> None:
    """Each chunk was answered once, and its words are in the text, once and in order."""
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert set(llm.answered.values()) == {1}
    assert job.progress.chunks_done == job.progress.chunks_total == len(llm.answered)
    assert job.result
    found = [segment.text.split()[1] for segment in job.result.segments]
    assert sorted(found) == sorted(digest[:16] for digest in llm.answered)


async def test_a_job_outlives_all_that_the_llm_can_do_to_a_chunk(llm, data, speech) -> None:
    """An error, a refusal, nonsense, silence, half an answer: the next attempt may be good."""
    llm.faults.extend(Fault)
    async with running_backend(llm, data, llm_concurrency=1, llm_timeout_s=2) as client:
        job = await ended(client, await send(client, speech))
    assert not llm.faults
    assert_whole(job, llm)


async def test_what_was_recognised_before_the_llm_broke_is_kept_and_used(llm, data, speech) -> None:
    async with running_backend(llm, data, llm_concurrency=1) as client:
        llm.delay_s = 0.3
        job = await send(client, speech)
        await until(lambda: llm.answered.total() >= 2)
        llm.status = 500
        failed = await ended(client, job)
        assert failed.error
        assert (failed.status, failed.error.type) == (JobStatus.FAILED, "/problems/llm-failed")
        assert failed.result
        assert len(failed.result.segments) >= 2
        llm.status = 200
        assert_whole(await ended(client, await send(client, speech)), llm)


@asynccontextmanager
async def locked(*databases: Path) -> AsyncIterator[None]:
    """Keep everybody else from writing, as a backup or a user's tool may do."""
    connections = [
        sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        for path in databases
    ]
    for connection in connections:
        await asyncio.to_thread(connection.execute, "BEGIN EXCLUSIVE")
    yield
    for connection in connections:
        connection.close()


async def test_databases_locked_for_10_s_put_a_job_off_and_lose_nothing(llm, data, speech) -> None:
    llm.delay_s = 0.3
    async with running_backend(llm, data, **FEW_AT_ONCE) as client:
        job = await send(client, speech)
        await until(lambda: llm.answered.total() >= 2)
        async with locked(data / "speech_transcription.db", data / "dbos.db"):
            before = await read(client, job)
            await asyncio.sleep(10)
            assert await read(client, job) == before, "it was not locked"
        assert_whole(await ended(client, job), llm)


async def test_redis_gone_in_the_middle_of_a_job_costs_nothing_but_time(llm, data, speech) -> None:
    llm.delay_s = 0.3
    with running_redis() as redis:
        async with running_backend(llm, data, redis_url=redis.url, **FEW_AT_ONCE) as client:
            job = await send(client, speech)
            await until(lambda: llm.answered.total() >= 2)
            redis.kill()
            assert_whole(await ended(client, job), llm)
            again = await send(client, speech)
            assert (again.status, again.cached) == (JobStatus.COMPLETED, True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MiB of one's own."""
    if os.geteuid() != 0:
        pytest.skip("no small disk: only root may mount one")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"\0" * 4096):
            pass


async def test_a_disk_that_is_full_while_results_are_written_puts_a_job_off(
    llm, small_disk, speech
) -> None:
    llm.delay_s, llm.n_words = 0.3, 400
    data, filler = small_disk / "data", small_disk / "filler"
    async with running_backend(llm, data, llm_concurrency=1) as client:
        job = await send(client, speech, word_timestamps="true")
        await until(lambda: llm.answered.total() >= 2)
        fill(filler)
        n_done = -1
        while n_done != (n_done := (await read(client, job)).progress.chunks_done):
            await asyncio.sleep(3)
        refused = await client.post(URL, files={"file": ("a.wav", speech)})
        assert (refused.status_code, refused.json()["type"]) == (507, "/problems/disk-full")
        held_up = await read(client, job)
        assert (held_up.status, held_up.error) == (JobStatus.RUNNING, None)
        filler.unlink()
        assert_whole(await ended(client, job), llm)
        with closing(sqlite3.connect(data / "speech_transcription.db")) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_clock_that_steps_back_in_the_middle_of_a_job_loses_nothing(
    llm, tmp_path, speech
) -> None:
    """As after a loss of power without a battery, until the time server answers."""
    clock = SettableClock(tmp_path / "clock")
    recording = tmp_path / "a.wav"
    recording.write_bytes(speech)
    llm.delay_s = 0.3
    address = f"http://127.0.0.1:{llm.port}"
    with running_service(
        "backend", tmp_path, LLM_URL=address, LLM_CONCURRENCY="2", **clock.environment
    ) as backend:
        location = send_file(backend.url, recording, **OPTIONS).headers["Location"]
        while llm.answered.total() < 2:
            time.sleep(0.05)
        clock.set_off(-86_400)
        job = job_ended(backend, location)
        later = job_ended(backend, send_file(backend.url, recording, **OPTIONS).headers["Location"])
        listed = httpx.get(f"{backend.url}{URL}", trust_env=False).json()["items"]
    assert_whole(job, llm)
    assert job.started_at
    assert job.finished_at
    assert job.finished_at < job.started_at, "the clock was not set"
    assert (later.status, later.cached) == (JobStatus.COMPLETED, True)
    assert [item["id"] for item in listed] == [later.id, job.id], "the newest is not the first"
