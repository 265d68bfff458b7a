"""Runs a backend in this process and sends jobs to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from backend.app import create_app
from backend.settings import BackendSettings
from backend.timing import Timing
from contracts.jobs import Job
from live_server import serving
from testbed.instant_llm import StandInLlm

URL = "/v1/transcriptions"
OPTIONS = {"chunk_length_s": "5"}
ONE_CHUNK = {"chunk_length_s": "30"}
TIMEOUT_S = 120
TIMING = Timing(reconcile_s=0.5)


@asynccontextmanager
async def running_backend(
    llm: StandInLlm, data: Path, timing: Timing = TIMING, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        BackendSettings(
            _env_file=None,
            data_dir=data,
            llm_url=f"http://127.0.0.1:{llm.port}",
            min_free_disk_bytes=0,
            **settings,
        ),
        timing,
    )
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S) as client:
        yield client


async def send(client: httpx.AsyncClient, content: bytes, **options: str) -> Job:
    form = OPTIONS | options
    answer = await client.post(URL, files={"file": ("Запись.wav", content)}, data=form)
    assert answer.status_code == 202, answer.text
    return Job.model_validate_json(answer.content)


async def read(client: httpx.AsyncClient, job: Job) -> Job:
    return Job.model_validate_json((await client.get(f"{URL}/{job.id}")).content)


async def until(is_so) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while not (await found if asyncio.iscoroutine(found := is_so()) else found):
            await asyncio.sleep(0.05)


async def ended(client: httpx.AsyncClient, job: Job) -> Job:
    async with asyncio.timeout(TIMEOUT_S):
        while not (job := await read(client, job)).status.is_final:
            await asyncio.sleep(0.05)
    return job


def left_in_work(data: Path) -> list[Path]:
    return list((data / "work").iterdir())


def blobs(data: Path) -> list[Path]:
    return list((data / "blobs").glob("*/*"))
