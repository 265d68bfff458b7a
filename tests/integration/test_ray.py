"""If these fail, a cluster loses chunks when a replica goes, or says too little of its size."""

import asyncio
import os
import re
import signal
import wave
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry

from backend.llm_client import LlmClient
from backend.metrics import LlmMetrics
from backend.settings import BackendSettings
from contracts.options import DecodingOptions
from integration.ray_cluster import RayLlm, running_ray
from speech_corpus import russian_sentences
from spoken_words import wer

pytestmark = [pytest.mark.slow, pytest.mark.cluster]

PROMPT = "Сверхсекретное совещание"


@pytest.fixture(scope="module")
def ray_llm() -> Iterator[RayLlm]:
    with running_ray(n_replicas=2) as llm:
        yield llm


def client_of(llm: RayLlm) -> LlmClient:
    settings = BackendSettings(_env_file=None, llm_url=llm.url)  # pyright: ignore
    return LlmClient(settings, LlmMetrics(CollectorRegistry()))


def chunks(n_chunks: int) -> list[tuple[bytes, str]]:
    """Return the PCM and the words of as many short chunks."""
    read: list[tuple[bytes, str]] = []
    shortest = sorted(russian_sentences(40), key=lambda each: each.path.stat().st_size)
    for sentence in shortest[:4]:
        with wave.open(str(sentence.path)) as file:
            assert file.getframerate() == 16_000
            read.append((file.readframes(file.getnframes()), sentence.text))
    return [read[number % len(read)] for number in range(n_chunks)]


async def transcribe(client: LlmClient, n_chunks: int) -> list[float]:
    """Transcribe chunks at once; return the word error rate of each."""
    options = DecodingOptions(language="ru", prompt=PROMPT)

    async def one(pcm: bytes, words: str) -> float:
        return wer(words, (await client.transcribe(pcm, options)).text)

    return await asyncio.gather(*(one(*chunk) for chunk in chunks(n_chunks)))


async def test_each_replica_works_and_the_backend_learns_how_many_there_are(
    ray_llm: RayLlm,
) -> None:
    client = client_of(ray_llm)
    rates = await transcribe(client, 8)
    assert sum(rates) / len(rates) < 0.3
    await client.refresh_concurrency()
    assert client.concurrency() == 56, "a batch for each of the two replicas, and 1.5 more"
    log = ray_llm.log.read_text()
    worked = set(re.findall(r"pid=(\d+)\).*chunk_batch_finished", log))
    assert worked == {str(pid) for pid in ray_llm.replica_pids()}
    assert len(worked) == 2
    await client.aclose()


async def test_a_replica_that_goes_finishes_what_it_has(ray_llm: RayLlm) -> None:
    """No request may fail, not even one: nobody retries here."""
    pcm, _ = chunks(1)[0]

    def scale_down() -> None:
        ray_llm.scale(1)
        ray_llm.wait_for_replicas(1)

    scaling = asyncio.create_task(asyncio.to_thread(scale_down))
    statuses: list[int] = []

    async def send() -> None:
        while not scaling.done():
            answer = await client.post("/v1/transcribe?language=ru", content=pcm)
            statuses.append(answer.status_code)

    async with httpx.AsyncClient(base_url=ray_llm.url, trust_env=False, timeout=300) as client:
        await asyncio.gather(*(send() for _ in range(6)))
    await scaling
    assert set(statuses) == {200}
    assert len(statuses) > 6


async def test_a_replica_that_dies_costs_a_retry_and_is_replaced(ray_llm: RayLlm) -> None:
    client = client_of(ray_llm)
    before = ray_llm.replica_pids()
    transcribing = asyncio.create_task(transcribe(client, 8))
    await asyncio.sleep(1)
    os.kill(before[0], signal.SIGKILL)
    rates = await transcribing
    assert sum(rates) / len(rates) < 0.3
    await client.aclose()
    await asyncio.to_thread(ray_llm.wait_for_replicas, 1)
    assert before[0] not in ray_llm.replica_pids()


def test_no_prompt_is_in_the_logs_of_ray(ray_llm: RayLlm) -> None:
    """The prompt is in the address of a request, which Ray must not log."""
    files = [path for path in ray_llm.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    encoded = (PROMPT.encode(), b"%D0%A1%D0%B2", b"prompt=")
    assert [path for path in files if any(e in path.read_bytes() for e in encoded)] == []
