"""If these fail, a fault of the llm, disk, database, Redis or clock loses a job's results."""

import asyncio
import os
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from contracts.jobs import Job, JobStatus
from integration.client import send as send_file
from integration.faketime import SettableClock
from integration.jobs.backend_client import (
    OPTIONS,
    TIMING,
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

LOW_CONCURRENCY = {"llm_concurrency": 2}


def assert_complete(job: Job, llm) -> None:
    """Assert that each chunk was answered once and its words are in the text once."""
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    assert set(llm.answered.values()) == {1}
    assert job.progress.chunks_done == job.progress.chunks_total == len(llm.answered)
    assert job.result
    found = [segment.text.split()[1] for segment in job.result.segments]
    assert sorted(found) == sorted(digest[:16] for digest in llm.answered)


async def test_a_job_survives_every_fault_of_the_llm(llm, data, speech) -> None:
    """After an error, a refusal, an invalid, missing or partial response the chunk is retried."""
    llm.faults.extend(Fault)
    async with running_backend(llm, data, llm_concurrency=1, llm_timeout_s=2) as client:
        job = await ended(client, await send(client, speech))
    assert not llm.faults
    assert_complete(job, llm)


async def test_text_recognised_before_the_llm_failed_is_kept_and_reused(llm, data, speech) -> None:
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
        assert_complete(await ended(client, await send(client, speech)), llm)


@asynccontextmanager
async def locked(*databases: Path) -> AsyncIterator[None]:
    """Lock databases against writes, as a backup or another tool may do."""
    connections = [
        sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        for path in databases
    ]
    for connection in connections:
        await asyncio.to_thread(connection.execute, "BEGIN EXCLUSIVE")
    yield
    for connection in connections:
        connection.close()


async def test_databases_locked_for_10_s_delay_a_job_and_lose_nothing(llm, data, speech) -> None:
    llm.delay_s = 0.3
    async with running_backend(llm, data, **LOW_CONCURRENCY) as client:
        job = await send(client, speech)
        await until(lambda: llm.answered.total() >= 2)
        async with locked(data / "speech_transcription.db", data / "dbos.db"):
            before = await read(client, job)
            await asyncio.sleep(10)
            assert await read(client, job) == before, "the databases were not locked"
        assert_complete(await ended(client, job), llm)


async def test_losing_redis_during_a_job_costs_only_time(llm, data, speech) -> None:
    llm.delay_s = 0.3
    with running_redis() as redis:
        async with running_backend(llm, data, redis_url=redis.url, **LOW_CONCURRENCY) as client:
            job = await send(client, speech)
            await until(lambda: llm.answered.total() >= 2)
            redis.kill()
            assert_complete(await ended(client, job), llm)
            again = await send(client, speech)
            assert (again.status, again.cached) == (JobStatus.COMPLETED, True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 16 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount a small disk: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"\0" * 4096):
            pass


async def test_a_disk_that_fills_up_delays_a_job_until_there_is_space(
    llm, small_disk, speech
) -> None:
    llm.delay_s, llm.n_words = 0.3, 100
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
        delayed = await read(client, job)
        assert (delayed.status, delayed.error) == (JobStatus.RUNNING, None)
        filler.unlink()
        assert_complete(await ended(client, job), llm)
        with closing(sqlite3.connect(data / "speech_transcription.db")) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_start_on_a_full_disk_serves_exports_and_deletes(llm, small_disk, speech) -> None:
    """Otherwise nobody could delete recordings to make space."""
    data, filler = small_disk / "data", small_disk / "filler"
    timing = replace(TIMING, reserve_s=0.2)
    async with running_backend(llm, data, timing) as client:
        job = await send(client, speech)
        assert (await ended(client, job)).status == JobStatus.COMPLETED
        await until((data / "reserve").exists)
    fill(filler)
    async with running_backend(llm, data, timing) as client:
        assert not (data / "reserve").exists()
        assert (await read(client, job)).status == JobStatus.COMPLETED
        exported = await client.get(f"{URL}/{job.id}/export", params={"format": "txt"})
        assert (exported.status_code, exported.text.strip() != "") == (200, True)
        assert (await client.delete(f"{URL}/{job.id}")).status_code == 204
        assert (await client.get(f"{URL}/{job.id}")).status_code == 404
        filler.unlink()
        await until((data / "reserve").exists)


def test_a_clock_set_back_during_a_job_loses_nothing(llm, tmp_path, speech) -> None:
    """This happens after a power failure without a clock battery, until time is synchronised."""
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
        clock.set_offset(-86_400)
        job = job_ended(backend, location)
        later = job_ended(backend, send_file(backend.url, recording, **OPTIONS).headers["Location"])
        listed = httpx.get(f"{backend.url}{URL}", trust_env=False).json()["items"]
    assert_complete(job, llm)
    assert job.started_at
    assert job.finished_at
    assert job.finished_at < job.started_at, "the clock was not set back"
    assert (later.status, later.cached) == (JobStatus.COMPLETED, True)
    assert [item["id"] for item in listed] == [later.id, job.id], "the newest is not the first"
