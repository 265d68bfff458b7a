"""If these fail, a model is not there when it is needed, or stays in memory for nothing."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from contracts.models import HealthStatus, ModelFailure, ModelState
from contracts.options import ChunkOptions
from llm import model_pool as pool_module
from llm.errors import NotReadyError
from llm.metrics import InferenceMetrics
from llm.model_pool import ModelPool
from llm.model_store.source import FetchError
from llm.transcriber import Transcriber
from servicekit.errors import UnknownModelError
from unit.llm.fake_engine import CAPABILITIES, COMPUTE, FakeEngine
from unit.llm.scripted_models import Loader, ScriptedSource, model_pool


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def single(
    thread: ThreadPoolExecutor,
    model: ScriptedSource,
    fallback: ScriptedSource | None,
    load: Loader,
) -> ModelPool:
    return model_pool(thread, load, [(model, ["*"])], fallback)


def russian_and_others(
    thread: ThreadPoolExecutor, load: Loader, memory_bytes: int = 20, unload_after_s: float = 0.0
) -> ModelPool:
    """Return two models of ten bytes each, and one of five that no language has."""
    others = ScriptedSource("others", on_disk=True, size_bytes=10)
    russian = ScriptedSource("russian", on_disk=True, size_bytes=10)
    named = ScriptedSource("named", on_disk=True, size_bytes=5)
    routes = [(others, ["*"]), (russian, ["ru"]), (named, [])]
    return model_pool(
        thread, load, routes, memory_bytes=memory_bytes, unload_after_s=unload_after_s
    )


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def serves(models: ModelPool, language: str = "de", requested: str | None = None) -> str:
    async with models.use(language, requested) as engine:
        return engine.identity.name


def loaded(models: ModelPool) -> set[str]:
    return {engine.identity.name for engine in models.engines()}


async def test_a_model_on_disk_serves_without_the_fallback(thread: ThreadPoolExecutor) -> None:
    load = Loader()
    models = single(thread, ScriptedSource("big", on_disk=True), ScriptedSource("small"), load)
    assert models.check().status is HealthStatus.STARTING
    with pytest.raises(NotReadyError):
        await serves(models)
    await models.run()
    assert await serves(models) == "big"
    assert models.check().status is HealthStatus.READY
    assert models.models()[0].compute == COMPUTE
    assert list(load.engines) == ["big"]


async def test_the_fallback_serves_until_the_model_is_downloaded(
    thread: ThreadPoolExecutor,
) -> None:
    load, big = Loader(), ScriptedSource("owner/big")
    models = single(thread, big, ScriptedSource("small", on_disk=True), load)
    running = asyncio.create_task(models.run())
    await until(lambda: models.models()[0].progress == 0.25)
    assert await serves(models) == "small"
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
    assert await serves(models) == "owner/big"
    assert models.check().status is HealthStatus.READY
    assert [m.id for m in models.models()] == ["owner/big"]
    assert load.engines["small"].closed


async def test_a_swap_loses_no_request_and_closes_no_running_engine(
    thread: ThreadPoolExecutor,
) -> None:
    load, big = Loader(), ScriptedSource("big")
    models = single(thread, big, ScriptedSource("small", on_disk=True), load)
    transcriber = Transcriber(
        models,
        thread,
        InferenceMetrics(CollectorRegistry()),
        max_batch_size=2,
        queue_size=100,
    )
    tasks = [asyncio.create_task(models.run()), asyncio.create_task(transcriber.run())]
    await until(lambda: loaded(models) == {"small"})
    small = load.engines["small"]
    small.delay_s = 0.1
    chunk = np.zeros(5, np.float32)

    def ask() -> asyncio.Task:
        return asyncio.create_task(transcriber.transcribe(chunk, ChunkOptions()))

    asked = [ask() for _ in range(6)]
    await until(lambda: small.batches)
    big.arrive.set()
    await until(lambda: "big" in loaded(models))
    assert (await ask()).model.name == "big"
    answers = await asyncio.gather(*asked)
    assert {answer.model.name for answer in answers} == {"small"}
    await tasks[0]
    assert small.closed
    tasks[1].cancel()


async def test_an_unreachable_hub_is_reported_and_tried_again(thread: ThreadPoolExecutor) -> None:
    big = ScriptedSource("big")
    big.failures = [FetchError("The hub cannot be reached."), FetchError("Still not.")]
    models = single(thread, big, ScriptedSource("small", on_disk=True), Loader())
    running = asyncio.create_task(models.run())
    await until(lambda: models.models()[0].state is ModelState.FAILED)
    assert "The hub cannot be reached" in (models.check().detail or "")
    assert models.models()[0].failure is ModelFailure.HUB_UNREACHABLE
    big.arrive.set()
    await running
    assert models.models()[0].failure is None
    assert await serves(models) == "big"


async def test_a_broken_model_leaves_the_fallback_serving(thread: ThreadPoolExecutor) -> None:
    models = single(
        thread,
        ScriptedSource("big", on_disk=True),
        ScriptedSource("small", on_disk=True),
        Loader("big"),
    )
    await models.run()
    assert await serves(models) == "small"
    assert models.models()[0].state is ModelState.FAILED
    assert models.models()[0].failure is ModelFailure.UNUSABLE
    assert models.check().status is HealthStatus.DEGRADED
    assert "it is broken" in (models.check().detail or "")


async def test_without_a_fallback_the_service_waits(thread: ThreadPoolExecutor) -> None:
    big = ScriptedSource("big")
    models = single(thread, big, None, Loader())
    running = asyncio.create_task(models.run())
    await until(lambda: models.models()[0].progress == 0.25)
    assert models.check().status is HealthStatus.STARTING
    with pytest.raises(NotReadyError):
        await serves(models)
    big.arrive.set()
    await running
    assert models.check().status is HealthStatus.READY


async def test_the_language_or_the_requested_id_decides(thread: ThreadPoolExecutor) -> None:
    models = russian_and_others(thread, Loader(), memory_bytes=100)
    await models.run()
    assert await serves(models, "ru") == "russian"
    assert await serves(models, "de") == "others"
    assert await serves(models, "auto") == "others"
    assert await serves(models, "ru", "named") == "named"
    with pytest.raises(UnknownModelError, match="'none', only: others, russian, named"):
        await serves(models, "ru", "none")


async def test_models_that_do_not_fit_take_turns(thread: ThreadPoolExecutor) -> None:
    load = Loader()
    models = russian_and_others(thread, load, memory_bytes=15)
    await models.run()
    assert loaded(models) == {"others", "named"}
    states = {model.id: model.state for model in models.models()}
    assert states["russian"] is ModelState.UNLOADED
    assert await serves(models, "ru") == "russian"
    assert loaded(models) == {"russian", "named"}, "the one that was used last has stayed"
    assert models.check().status is HealthStatus.READY, "the default model is still there"
    assert await serves(models, "de") == "others"
    assert load.loaded == ["others", "named", "russian", "others"]


async def test_a_model_larger_than_the_memory_is_loaded_alone(thread: ThreadPoolExecutor) -> None:
    models = russian_and_others(thread, Loader(), memory_bytes=1)
    await models.run()
    assert await serves(models, "ru") == "russian"
    assert loaded(models) == {"russian"}


async def test_a_model_that_is_needed_is_not_overtaken(thread: ThreadPoolExecutor) -> None:
    """Without turns, a job's stream of chunks would keep its model in memory for ever."""
    models = russian_and_others(thread, Loader(), memory_bytes=10)
    await models.run()
    async with AsyncExitStack() as running:
        await running.enter_async_context(models.use("de"))
        russian = asyncio.create_task(serves(models, "ru"))
        await asyncio.sleep(0.01)
        next_chunk = asyncio.create_task(serves(models, "de"))
        await asyncio.sleep(0.01)
        assert not russian.done()
        assert not next_chunk.done()
    assert [await russian, await next_chunk] == ["russian", "others"]


async def test_a_model_without_requests_is_unloaded(
    thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "IDLE_CHECK_S", 0.01)
    load = Loader()
    models = russian_and_others(thread, load, memory_bytes=100, unload_after_s=0.05)
    await models.run()
    watching = asyncio.create_task(models.unload_unused())
    async with models.use("ru"):
        await until(lambda: loaded(models) == {"others", "russian"})
        await asyncio.sleep(0.1)
        assert not load.engines["russian"].closed, "it is used"
    await until(lambda: loaded(models) == {"others"})
    assert await serves(models, "ru") == "russian"
    watching.cancel()


async def test_a_fallback_that_is_needed_stays_loaded(
    thread: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "IDLE_CHECK_S", 0.01)
    small = ScriptedSource("small", on_disk=True)
    broken = [(ScriptedSource("big", on_disk=True), ["*"])]
    models = model_pool(thread, Loader("big"), broken, small, unload_after_s=0.02)
    await models.run()
    watching = asyncio.create_task(models.unload_unused())
    await asyncio.sleep(0.1)
    assert loaded(models) == {"small"}
    watching.cancel()


async def test_a_loaded_model_that_tells_languages_apart_is_the_detector(
    thread: ThreadPoolExecutor,
) -> None:
    no_detector = FakeEngine("others")
    no_detector.capabilities = CAPABILITIES.model_copy(update={"detects_language": False})
    models = russian_and_others(thread, Loader(others=no_detector), memory_bytes=15)
    async with models.use_detector() as engine:
        assert engine.identity.name == "detector"
    await models.run()
    async with models.use_detector() as engine:
        assert engine.identity.name == "named"


async def test_a_missing_model_of_a_language_has_the_fallback_in_its_place(
    thread: ThreadPoolExecutor,
) -> None:
    others, russian = ScriptedSource("others", on_disk=True), ScriptedSource("russian")
    small, load = ScriptedSource("small", on_disk=True), Loader()
    models = model_pool(thread, load, [(others, ["*"]), (russian, ["ru"])], small)
    running = asyncio.create_task(models.run())
    await until(lambda: models.models()[1].progress == 0.25)
    assert await serves(models, "de") == "others"
    assert await serves(models, "ru") == "small"
    check = models.check()
    assert (check.status, check.detail) == (HealthStatus.DEGRADED, "russian: downloading, 25 %.")
    russian.arrive.set()
    await running
    assert await serves(models, "ru") == "russian"
    assert models.check().status is HealthStatus.READY
    assert load.engines["small"].closed
