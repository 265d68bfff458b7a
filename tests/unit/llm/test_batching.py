"""Concurrent chunks share batches; none is lost, overtaken for ever, or done for no one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from contracts.transcription import DecodingOptions
from llm.batching import Batcher
from llm.engines.protocol import SpeechEngine
from llm.errors import InferenceFailedError, NotReadyError, OverloadedError
from llm.metrics import InferenceMetrics
from unit.llm.fake_engine import FakeEngine

OPTIONS = DecodingOptions()


@asynccontextmanager
async def running(
    engine: Callable[[], SpeechEngine | None], max_batch_size: int = 4, queue_size: int = 100
) -> AsyncIterator[Batcher]:
    with ThreadPoolExecutor(1) as thread:
        batcher = Batcher(
            engine,
            thread,
            InferenceMetrics(CollectorRegistry()),
            max_batch_size=max_batch_size,
            queue_size=queue_size,
        )
        loop = asyncio.create_task(batcher.run())
        yield batcher
        loop.cancel()


def ask(batcher: Batcher, n_samples: int, options: DecodingOptions = OPTIONS) -> asyncio.Task:
    return asyncio.create_task(batcher.transcribe(np.zeros(n_samples, np.float32), options))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_concurrent_chunks_share_batches_and_each_gets_its_own_answer() -> None:
    engine = FakeEngine()
    async with running(lambda: engine) as batcher:
        answers = await asyncio.gather(*(ask(batcher, n) for n in range(1, 11)))
    assert [a.result.segments[0].text for a in answers] == [str(n) for n in range(1, 11)]
    assert [len(batch) for batch in engine.batches] == [4, 4, 2]
    assert [a.timings.batch_size for a in answers] == [4] * 8 + [2] * 2


async def test_chunks_of_other_options_are_not_in_the_same_batch() -> None:
    engine = FakeEngine()
    async with running(lambda: engine) as batcher:
        english = DecodingOptions(language="en")
        await asyncio.gather(ask(batcher, 1), ask(batcher, 2, english), ask(batcher, 3))
    assert engine.batches == [[1, 3], [2]]


async def test_a_full_queue_refuses_with_a_time_to_come_back() -> None:
    engine = FakeEngine()
    engine.go_on.clear()
    async with running(lambda: engine, max_batch_size=1, queue_size=2) as batcher:
        first = ask(batcher, 1)
        await until(lambda: engine.batches)
        others = [ask(batcher, 2), ask(batcher, 3)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError) as refusal:
            await ask(batcher, 4)
        assert int(refusal.value.headers["Retry-After"]) > 0
        engine.go_on.set()
        await asyncio.gather(first, *others)
    assert engine.batches == [[1], [2], [3]]


async def test_a_cancelled_chunk_leaves_the_queue_and_frees_its_place() -> None:
    engine = FakeEngine()
    engine.go_on.clear()
    async with running(lambda: engine, max_batch_size=1, queue_size=1) as batcher:
        first = ask(batcher, 1)
        await until(lambda: engine.batches)
        second = ask(batcher, 2)
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        third = ask(batcher, 3)
        await asyncio.sleep(0)
        engine.go_on.set()
        await asyncio.gather(first, third)
    assert engine.batches == [[1], [3]]


async def test_a_failing_batch_fails_alone() -> None:
    engine = FakeEngine()
    engine.error = RuntimeError("secret of the inside")
    async with running(lambda: engine) as batcher:
        with pytest.raises(InferenceFailedError) as failure:
            await ask(batcher, 1)
        assert "secret" not in failure.value.detail
        engine.error = None
        assert (await ask(batcher, 2)).result.segments[0].text == "2"


async def test_without_a_model_a_chunk_is_told_to_come_back() -> None:
    async with running(lambda: None) as batcher:
        with pytest.raises(NotReadyError) as refusal:
            await ask(batcher, 1)
    assert int(refusal.value.headers["Retry-After"]) > 0
