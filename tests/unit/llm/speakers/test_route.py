"""`POST /v1/speaker-segmentation` answers bad input and failures with a problem of their own."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx
import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from contracts.speakers import SpeakerSegmentation
from llm.app import create_app
from llm.engines.protocol import CheckpointError, Samples
from llm.metrics import InferenceMetrics
from llm.settings import LlmSettings
from llm.speakers.segmenter import SpeakerSegmenter
from llm.speakers.voices import VoiceFinder

SECOND = bytes(32_000)
URL = "/v1/speaker-segmentation"


class EmptyFinder(VoiceFinder):
    """Finds nobody, after waiting for `released`."""

    def __init__(self, released: Event) -> None:
        self.released = released

    def find(self, samples: Samples) -> SpeakerSegmentation:
        self.released.wait(10)
        if not np.isfinite(samples).all():
            raise ValueError
        return SpeakerSegmentation(duration_s=len(samples) / 16_000, turns=[], inference_s=0)


def client(load: Callable[[], VoiceFinder], queue_size: int = 4) -> httpx.AsyncClient:
    app = create_app(LlmSettings(_env_file=None))  # pyright: ignore
    app.state.speakers = SpeakerSegmenter(
        load, ThreadPoolExecutor(1), InferenceMetrics(CollectorRegistry()), queue_size
    )
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


def free_finder() -> EmptyFinder:
    released = Event()
    released.set()
    return EmptyFinder(released)


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        (b"", 400, "empty-audio"),
        (b"\0\0\0", 400, "unreadable-audio"),
        (bytes(32_000 * 60 + 2), 413, "too-long"),
    ],
)
async def test_a_bad_body_is_named(body: bytes, status: int, problem: str) -> None:
    async with client(free_finder) as http:
        response = await http.post(URL, content=body)
    assert response.status_code == status
    assert response.json()["type"] == f"/problems/{problem}"


async def test_audio_is_answered_with_its_length() -> None:
    async with client(free_finder) as http:
        response = await http.post(URL, content=SECOND)
    assert response.json()["duration_s"] == 1.0


async def test_missing_weights_are_a_failure_of_the_llm_with_a_reason() -> None:
    def load() -> VoiceFinder:
        raise CheckpointError("no weights here")

    async with client(load) as http:
        response = await http.post(URL, content=SECOND)
    assert response.status_code == 502
    assert response.json()["detail"] == "no weights here"


async def test_a_full_queue_asks_to_come_back() -> None:
    released = Event()
    async with client(lambda: EmptyFinder(released), queue_size=1) as http:
        first = asyncio.create_task(http.post(URL, content=SECOND))
        await asyncio.sleep(0.2)
        refused = await http.post(URL, content=SECOND)
        released.set()
        assert (await first).status_code == 200
        assert (await http.post(URL, content=SECOND)).status_code == 200
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1


async def test_a_client_that_leaves_while_the_networks_load_does_not_start_a_second_loading() -> (
    None
):
    """Two threads cannot trace networks at once: every request failed until one loaded alone."""
    released, n_loadings = Event(), 0

    def load() -> VoiceFinder:
        nonlocal n_loadings
        n_loadings += 1
        released.wait(10)
        return free_finder()

    segmenter = SpeakerSegmenter(
        load, ThreadPoolExecutor(1), InferenceMetrics(CollectorRegistry()), queue_size=4
    )
    samples = np.zeros(16_000, np.float32)
    first = asyncio.create_task(segmenter.segment(samples))
    await asyncio.sleep(0.05)
    first.cancel()
    second = asyncio.create_task(segmenter.segment(samples))
    await asyncio.sleep(0.05)
    released.set()
    assert (await second).duration_s == 1.0
    assert n_loadings == 1


async def test_networks_that_did_not_load_are_loaded_at_the_next_request() -> None:
    failures = [CheckpointError("not yet")]

    def load() -> VoiceFinder:
        if failures:
            raise failures.pop()
        return free_finder()

    async with client(load) as http:
        assert (await http.post(URL, content=SECOND)).status_code == 502
        assert (await http.post(URL, content=SECOND)).status_code == 200
