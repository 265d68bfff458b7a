"""Concurrent chunks share batches; none is lost, starves, or is decoded after a cancellation."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from contracts.audio import SAMPLE_RATE
from contracts.options import ChunkOptions
from llm.batching import LENGTH_RATIO, MAX_BATCH_AUDIO_S, MAX_PASSING_AUDIO_S
from llm.errors import InferenceFailedError, NotReadyError, OverloadedError
from llm.metrics import InferenceMetrics
from llm.transcriber import Transcriber
from unit.llm.fake_engine import FakeEngine
from unit.llm.scripted_models import Loader, ScriptedSource, model_pool

OPTIONS = ChunkOptions()


@asynccontextmanager
async def running(
    engine: FakeEngine | None, max_batch_size: int = 4, queue_size: int = 100
) -> AsyncGenerator[Transcriber]:
    """Run a transcriber with a loaded model, or with one that is not there yet."""
    with ThreadPoolExecutor(1) as thread:
        load = Loader(**{"fake": engine} if engine else {})
        models = model_pool(thread, load, [(ScriptedSource("fake", on_disk=True), ["*"])])
        if engine:
            await models.run()
        transcriber = Transcriber(
            models,
            thread,
            InferenceMetrics(CollectorRegistry()),
            max_batch_size=max_batch_size,
            queue_size=queue_size,
        )
        loop = asyncio.create_task(transcriber.run())
        yield transcriber
        loop.cancel()


def ask(transcriber: Transcriber, n_samples: int, options: ChunkOptions = OPTIONS) -> asyncio.Task:
    return asyncio.create_task(transcriber.transcribe(np.zeros(n_samples, np.float32), options))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_concurrent_chunks_share_batches_and_get_their_own_transcripts() -> None:
    engine = FakeEngine()
    async with running(engine) as transcriber:
        answers = await asyncio.gather(*(ask(transcriber, n) for n in range(11, 21)))
    assert [a.segments[0].text for a in answers] == [str(n) for n in range(11, 21)]
    assert [len(batch) for batch in engine.batches] == [4, 4, 2]
    assert [a.timings.batch_size for a in answers] == [4] * 8 + [2] * 2


async def test_chunks_with_different_options_do_not_share_a_batch() -> None:
    engine = FakeEngine()
    async with running(engine) as transcriber:
        english = ChunkOptions(language="en")
        await asyncio.gather(ask(transcriber, 7), ask(transcriber, 8, english), ask(transcriber, 9))
    assert engine.batches == [[7, 9], [8]]


async def test_a_full_queue_refuses_with_retry_after() -> None:
    engine = FakeEngine()
    engine.go_on.clear()
    async with running(engine, max_batch_size=1, queue_size=2) as transcriber:
        first = ask(transcriber, 1)
        await until(lambda: engine.batches)
        others = [ask(transcriber, 2), ask(transcriber, 3)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError) as refusal:
            await ask(transcriber, 4)
        assert int(refusal.value.headers["Retry-After"]) > 0
        engine.go_on.set()
        await asyncio.gather(first, *others)
    assert engine.batches == [[1], [2], [3]]


async def test_a_cancelled_chunk_leaves_the_queue_and_frees_its_place() -> None:
    engine = FakeEngine()
    engine.go_on.clear()
    async with running(engine, max_batch_size=1, queue_size=1) as transcriber:
        first = ask(transcriber, 1)
        await until(lambda: engine.batches)
        second = ask(transcriber, 2)
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        third = ask(transcriber, 3)
        await asyncio.sleep(0)
        engine.go_on.set()
        await asyncio.gather(first, third)
    assert engine.batches == [[1], [3]]


async def test_a_failing_batch_does_not_affect_the_next() -> None:
    engine = FakeEngine()
    engine.error = RuntimeError("internal secret")
    async with running(engine) as transcriber:
        with pytest.raises(InferenceFailedError) as failure:
            await ask(transcriber, 1)
        assert "secret" not in failure.value.detail
        engine.error = None
        assert (await ask(transcriber, 2)).segments[0].text == "2"


async def test_without_a_model_a_chunk_is_refused_with_retry_after() -> None:
    async with running(None) as transcriber:
        with pytest.raises(NotReadyError) as refusal:
            await ask(transcriber, 1)
    assert int(refusal.value.headers["Retry-After"]) > 0


SECOND = SAMPLE_RATE


async def test_short_and_long_chunks_do_not_share_a_batch() -> None:
    engine = FakeEngine()
    async with running(engine) as transcriber:
        lengths = [SECOND * n for n in (3, 20, 4, 19)]
        await asyncio.gather(*(ask(transcriber, length) for length in lengths))
    assert engine.batches == [[3 * SECOND, 4 * SECOND], [19 * SECOND, 20 * SECOND]]


@pytest.mark.parametrize("parallel_audio_s", [120.0, 1000.0])
async def test_the_audio_of_a_batch_is_limited(parallel_audio_s: float) -> None:
    """More than the engine computes side by side would make others wait for nothing."""
    engine = FakeEngine()
    engine.parallel_audio_s = parallel_audio_s
    async with running(engine, max_batch_size=16) as transcriber:
        await asyncio.gather(*(ask(transcriber, 25 * SECOND) for _ in range(16)))
    most = int(min(MAX_BATCH_AUDIO_S, parallel_audio_s) / 25)
    assert {len(batch) for batch in engine.batches[:-1]} == {most}


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=40),
    st.lists(st.booleans(), min_size=40, max_size=40),
    st.integers(1, 20),
)
@settings(deadline=None)
def test_every_batch_starts_with_the_chunk_due_first_and_keeps_the_limits(
    seconds: list[int], english: list[bool], max_batch_size: int
) -> None:
    """All arrive at once, so the shortest is due first; of equal ones, the earliest."""
    engine = FakeEngine()
    ages = {length * SECOND + n: n for n, length in enumerate(seconds)}
    options = [ChunkOptions(language="en" if is_so else "ru") for is_so in english]

    async def work() -> None:
        async with running(engine, max_batch_size=max_batch_size) as transcriber:
            asked = zip(ages, options, strict=False)
            answers = await asyncio.gather(*(ask(transcriber, *one) for one in asked))
        assert [answer.language for answer in answers] == [
            one.language for _, one in zip(ages, options, strict=False)
        ]

    asyncio.run(work())
    # Lengths differ by their number in samples, so their order is the order of arrival.
    waiting = sorted(ages)
    for batch in engine.batches:
        assert batch[0] // SECOND == waiting[0] // SECOND
        assert len(batch) <= max_batch_size
        assert len(batch) == 1 or sum(batch) <= MAX_BATCH_AUDIO_S * SECOND
        assert all(1 / LENGTH_RATIO <= length / batch[0] <= LENGTH_RATIO for length in batch)
        waiting = [length for length in waiting if length not in batch]
    assert waiting == []


async def test_a_lecture_does_not_starve() -> None:
    """An endless stream of dictations overtakes it only until it is due."""
    engine = FakeEngine(delay_s=0.02)

    async def dictations() -> None:
        while True:
            await ask(transcriber, SECOND // 4)

    async with running(engine, max_batch_size=1) as transcriber:
        others = [asyncio.create_task(dictations()) for _ in range(3)]
        await until(lambda: engine.batches)
        await asyncio.wait_for(ask(transcriber, SECOND), timeout=5)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def test_a_dictation_passes_a_running_lecture_between_two_steps() -> None:
    """Otherwise it would wait until the lecture's batch ends, with a medium model many seconds."""
    engine = FakeEngine(step_s=0.04)
    async with running(engine) as transcriber:
        started = time.perf_counter()
        lecture = ask(transcriber, 27 * SECOND)
        await until(lambda: engine.batches)
        of_dictation = (await ask(transcriber, 3 * SECOND)).timings
        assert not lecture.done()
        similar = ask(transcriber, 20 * SECOND)
        timings = (await lecture).timings
        whole_s = time.perf_counter() - started
        assert engine.batches == [[27 * SECOND], [3 * SECOND]]
        await similar
    assert timings.inference_s + of_dictation.inference_s < whole_s, "its time counts once"
    assert engine.batches == [[27 * SECOND], [3 * SECOND], [20 * SECOND]]


async def test_the_audio_that_passes_at_once_is_limited() -> None:
    """Otherwise the chunks of another lecture would make a dictation wait as its own does."""
    engine = FakeEngine(step_s=0.02)
    async with running(engine, max_batch_size=16) as transcriber:
        lecture = ask(transcriber, 28 * SECOND)
        await until(lambda: engine.batches)
        others = [ask(transcriber, 18 * SECOND) for _ in range(16)]
        await asyncio.gather(lecture, *others)
    assert all(sum(batch) <= MAX_PASSING_AUDIO_S * SECOND for batch in engine.batches[1:3]), (
        "the first one passes while the lecture is transcribed"
    )


async def test_a_dictation_that_fails_does_not_affect_the_lecture_that_it_passes() -> None:
    engine = FakeEngine(step_s=0.02)
    async with running(engine) as transcriber:
        lecture = ask(transcriber, 27 * SECOND)
        await until(lambda: engine.batches)
        engine.error = RuntimeError("no memory")
        with pytest.raises(InferenceFailedError):
            await ask(transcriber, 3 * SECOND)
        engine.error = None
        assert (await lecture).segments[0].text == str(27 * SECOND)


async def test_endless_dictations_take_at_most_half_of_the_time_from_a_lecture() -> None:
    engine = FakeEngine(step_s=0.02)
    async with running(engine) as transcriber:

        async def dictations() -> None:
            while True:
                await ask(transcriber, 5 * SECOND)

        lecture = ask(transcriber, 27 * SECOND)
        await until(lambda: engine.batches)
        others = [asyncio.create_task(dictations()) for _ in range(3)]
        await asyncio.wait_for(lecture, timeout=5)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
    passing = [batch for batch in engine.batches if 5 * SECOND in batch]
    # They take five steps, so one of them passes about every five steps of the lecture.
    assert 2 <= len(passing) <= 7


@pytest.mark.parametrize("in_flight", [8, 16, 64])
async def test_a_dictation_waits_only_for_the_running_batch(in_flight: int) -> None:
    """However many chunks of a long job are queued; it is too long to pass them."""
    engine = FakeEngine(delay_s=0.02)

    async def long_job() -> None:
        while True:
            await ask(transcriber, 20 * SECOND)

    async with running(engine, max_batch_size=16) as transcriber:
        jobs = [asyncio.create_task(long_job()) for _ in range(in_flight)]
        for _ in range(3):
            n_before = len(engine.batches)
            await until(lambda n=n_before: len(engine.batches) > n)
            n_before = len(engine.batches)  # the last of these is running
            await ask(transcriber, 14 * SECOND)
            assert 14 * SECOND in engine.batches[n_before]
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
