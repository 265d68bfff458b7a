"""The service starts with a model that it has, and switches to the configured one."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from contracts.models import HealthStatus, ModelFailure, ModelState
from contracts.options import ChunkOptions
from llm.engines.protocol import Checkpoint, CheckpointError
from llm.metrics import InferenceMetrics
from llm.model_lifecycle import LAST_RETRY_S, ModelLifecycle, retry_delays
from llm.model_store.source import FetchError, OnProgress
from llm.transcriber import Transcriber
from unit.llm.fake_engine import COMPUTE, FakeEngine


class ScriptedSource:
    """A model that is on disk, or whose download the test completes."""

    def __init__(self, name: str, *, on_disk: bool = False) -> None:
        self.name = name
        self.on_disk = on_disk
        self.failures: list[Exception] = []
        self.arrive = threading.Event()

    def find(self) -> Checkpoint | None:
        return self._checkpoint() if self.on_disk else None

    def fetch(self, on_progress: OnProgress) -> Checkpoint:
        if self.failures:
            raise self.failures.pop(0)
        on_progress(0.25)
        assert self.arrive.wait(10)
        return self._checkpoint()

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(self.name, "r", Path(self.name))


class Loader:
    """Creates fake engines and records them; can refuse one."""

    def __init__(self, broken: str = "") -> None:
        self.engines: dict[str, FakeEngine] = {}
        self._broken = broken

    def __call__(self, checkpoint: Checkpoint) -> FakeEngine:
        if checkpoint.name == self._broken:
            raise CheckpointError(f"{checkpoint.name} cannot be loaded: it is broken.")
        return self.engines.setdefault(checkpoint.name, FakeEngine(checkpoint.name))


@pytest.fixture
def thread():
    with ThreadPoolExecutor(1) as pool:
        yield pool


def lifecycle(
    thread: ThreadPoolExecutor,
    primary: ScriptedSource,
    fallback: ScriptedSource | None,
    load: Loader,
) -> ModelLifecycle:
    fallback_source = (fallback.name, fallback) if fallback else None
    return ModelLifecycle(
        (primary.name, primary), fallback_source, load, thread, first_retry_s=0.01
    )


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


def serves(models: ModelLifecycle) -> str | None:
    engine = models.current_engine()
    return engine.identity.name if engine else None


async def test_a_model_on_disk_serves_without_the_fallback(thread: ThreadPoolExecutor) -> None:
    load = Loader()
    models = lifecycle(thread, ScriptedSource("big", on_disk=True), ScriptedSource("small"), load)
    assert models.check().status is HealthStatus.STARTING
    await models.run()
    assert serves(models) == "big"
    assert models.check().status is HealthStatus.READY
    assert models.models()[0].compute == COMPUTE
    assert list(load.engines) == ["big"]


async def test_the_fallback_serves_until_the_model_is_downloaded(
    thread: ThreadPoolExecutor,
) -> None:
    load, big = Loader(), ScriptedSource("owner/big")
    models = lifecycle(thread, big, ScriptedSource("small", on_disk=True), load)
    running = asyncio.create_task(models.run())
    await until(lambda: models.models()[0].progress == 0.25)
    assert serves(models) == "small"
    check = models.check()
    assert check.status is HealthStatus.DEGRADED
    assert check.detail is not None
    assert "25 %" in check.detail
    rows = models.models()
    assert [(m.id, m.state, m.is_fallback) for m in rows] == [
        ("owner/big", ModelState.FETCHING, False),
        ("small", ModelState.READY, True),
    ]
    assert rows[0].owned_by == "owner"

    big.arrive.set()
    await running
    assert serves(models) == "owner/big"
    assert models.check().status is HealthStatus.READY
    assert [m.id for m in models.models()] == ["owner/big"]
    assert load.engines["small"].closed


async def test_a_swap_loses_no_request_and_closes_no_running_engine(
    thread: ThreadPoolExecutor,
) -> None:
    load, big = Loader(), ScriptedSource("big")
    models = lifecycle(thread, big, ScriptedSource("small", on_disk=True), load)
    transcriber = Transcriber(
        models.current_engine,
        thread,
        InferenceMetrics(CollectorRegistry()),
        max_batch_size=2,
        queue_size=100,
    )
    tasks = [asyncio.create_task(models.run()), asyncio.create_task(transcriber.run())]
    await until(lambda: serves(models) == "small")
    small = load.engines["small"]
    small.delay_s = 0.1
    chunk = np.zeros(5, np.float32)
    asked = [asyncio.create_task(transcriber.transcribe(chunk, ChunkOptions())) for _ in range(6)]
    await until(lambda: small.batches)
    big.arrive.set()
    answers = await asyncio.gather(*asked)
    assert {a.model.name for a in answers} == {"small", "big"}
    assert answers[0].model.name == "small"
    assert answers[-1].model.name == "big"
    await tasks[0]
    tasks[1].cancel()


async def test_an_unreachable_hub_is_reported_and_tried_again(thread: ThreadPoolExecutor) -> None:
    big = ScriptedSource("big")
    big.failures = [FetchError("The hub cannot be reached."), FetchError("Still not.")]
    models = lifecycle(thread, big, ScriptedSource("small", on_disk=True), Loader())
    running = asyncio.create_task(models.run())
    await until(lambda: models.models()[0].state is ModelState.FAILED)
    assert "The hub cannot be reached" in (models.check().detail or "")
    assert models.models()[0].failure is ModelFailure.HUB_UNREACHABLE
    big.arrive.set()
    await running
    assert models.models()[0].failure is None
    assert serves(models) == "big"


async def test_a_broken_model_leaves_the_fallback_serving(thread: ThreadPoolExecutor) -> None:
    models = lifecycle(
        thread,
        ScriptedSource("big", on_disk=True),
        ScriptedSource("small", on_disk=True),
        Loader("big"),
    )
    await models.run()
    assert serves(models) == "small"
    assert models.models()[0].state is ModelState.FAILED
    assert models.models()[0].failure is ModelFailure.UNUSABLE
    assert models.check().status is HealthStatus.DEGRADED
    assert "it is broken" in (models.check().detail or "")


async def test_without_a_fallback_the_service_waits(thread: ThreadPoolExecutor) -> None:
    big = ScriptedSource("big")
    models = lifecycle(thread, big, None, Loader())
    running = asyncio.create_task(models.run())
    await until(lambda: models.models()[0].progress == 0.25)
    assert models.check().status is HealthStatus.STARTING
    assert serves(models) is None
    big.arrive.set()
    await running
    assert models.check().status is HealthStatus.READY


async def test_closing_stops_a_download(thread: ThreadPoolExecutor) -> None:
    """Otherwise a service could not be stopped during an hour of downloading."""
    models = lifecycle(thread, ScriptedSource("big"), None, Loader())
    await models.close()
    with pytest.raises(FetchError):
        models._report_progress(0.5)


def test_retry_delays_double_up_to_an_hour() -> None:
    delays = [delay for delay, _ in zip(retry_delays(), range(12), strict=False)]
    assert delays[:3] == [30, 60, 120]
    assert delays[-1] == LAST_RETRY_S
