"""If these fail, text where the opening of a long recording ends is lost or written twice, or a job
goes on after it has ended.
"""

import asyncio

import pytest

from backend.errors import LlmFailedError, UnreadableAudioError
from backend.transcription.context import StepFailedError
from contracts.jobs import JobStatus
from contracts.options import TranscribeOptions
from contracts.routing import Route
from servicekit.errors import UnknownModelError
from unit.backend.stand_ins import Components, StandInCheckpoint, chunk_texts
from unit.backend.storage.database.recorded import NOON


async def test_the_opening_has_its_text_while_the_rest_is_prepared(components: Components) -> None:
    texts: list[list[str]] = []

    async def wait_for_text() -> None:
        while not texts or len(texts[-1]) < 2:
            await asyncio.sleep(0.01)
            texts.append(await components.texts(run.job.id))

    components.preparation.n_chunks, components.preparation.n_opening = 5, 2
    components.preparation.before_rest = wait_for_text
    checkpoint = StandInCheckpoint()
    run = await components.new_run()
    async with asyncio.timeout(10):
        assert await components.workflow(checkpoint).run(run)
    assert checkpoint.executed == ["prepare", "prepare", *["chunk"] * 5]
    assert sorted(components.llm.asked) == [0, 1, 2, 3, 4]
    assert await components.texts(run.job.id) == chunk_texts(range(5))
    progress = (await components.stores.jobs.get(run.job.id)).progress
    assert (progress.chunks_done, progress.chunks_total) == (5, 5)


async def test_the_rest_waits_for_the_first_text_if_that_is_urgent(components: Components) -> None:
    """Else decoding takes a core from the first chunk, and its text comes later."""
    n_done: list[int] = []

    async def count_done() -> None:
        n_done.append((await components.stores.jobs.get(run.job.id)).progress.chunks_done)

    components.preparation.n_opening = 2
    components.preparation.before_rest = count_done
    run = await components.new_run(TranscribeOptions(low_latency=True))
    async with asyncio.timeout(10):
        assert await components.workflow().run(run)
    assert n_done[0] >= 1


@pytest.mark.parametrize("n_at_crash", [1, 2, 3])
async def test_a_restart_at_the_end_of_the_opening_repeats_nothing(
    components: Components, n_at_crash: int
) -> None:
    components.preparation.n_chunks, components.preparation.n_opening = 5, 2
    checkpoint = StandInCheckpoint()

    async def hang(index: int) -> None:
        if index >= n_at_crash:
            await asyncio.sleep(3600)

    components.llm.before_answer = hang
    run = await components.new_run()
    running = asyncio.create_task(components.workflow(checkpoint).run(run))
    async with asyncio.timeout(10):
        while await components.texts(run.job.id) != chunk_texts(range(n_at_crash)):
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    components.llm.asked.clear()
    components.llm.before_answer = None
    assert await components.workflow(checkpoint).run(await components.begin(run.job.id))
    assert components.preparation.n_prepared == 2
    assert sorted(components.llm.asked) == [*range(n_at_crash, 5)]
    assert await components.texts(run.job.id) == chunk_texts(range(5))


async def test_the_rest_is_at_the_llm_before_the_text_of_the_opening_is_complete(
    components: Components,
) -> None:
    """Else the llm would do nothing between the two. The last chunk is answered first here."""
    has_last = asyncio.Event()

    async def answer_the_last_first(index: int) -> None:
        if index < 3:
            await has_last.wait()
            await asyncio.sleep(0.1)
        elif index == 4:
            has_last.set()

    components.preparation.n_chunks, components.preparation.n_opening = 5, 2
    components.llm.before_answer = answer_the_last_first
    checkpoint, run = StandInCheckpoint(), await components.new_run()
    async with asyncio.timeout(10):
        assert await components.workflow(checkpoint, concurrency=8).run(run)
    assert checkpoint.executed == ["prepare", "prepare", *["chunk"] * 5]
    assert sorted(components.llm.asked) == [0, 1, 2, 3, 4]
    assert await components.texts(run.job.id) == chunk_texts(range(5))
    progress = (await components.stores.jobs.get(run.job.id)).progress
    assert (progress.chunks_done, progress.chunks_total) == (5, 5)


async def test_chunks_of_both_parts_at_the_llm_are_no_more_than_it_takes(
    components: Components,
) -> None:
    components.preparation.n_chunks, components.preparation.n_opening = 12, 4
    run = await components.new_run()

    async def answer_slowly(_index: int) -> None:
        await asyncio.sleep(0.02)

    components.llm.before_answer = answer_slowly
    async with asyncio.timeout(10):
        assert await components.workflow(concurrency=6).run(run)
    assert components.llm.most_active == 6
    assert await components.texts(run.job.id) == chunk_texts(range(12))


async def test_an_opening_that_fails_late_fails_the_job(components: Components) -> None:
    """The rest may be at the llm by then; else its text would follow a gap."""
    components.preparation.n_chunks, components.preparation.n_opening = 5, 2
    components.llm.errors[1] = LlmFailedError("The speech model failed on this recording.")

    async def answer_after_the_rest(index: int) -> None:
        if index == 1:
            while len(components.llm.asked) < 5:
                await asyncio.sleep(0.01)

    components.llm.before_answer = answer_after_the_rest
    run = await components.new_run()
    async with asyncio.timeout(10):
        with pytest.raises(StepFailedError):
            await components.workflow(concurrency=8).run(run)
    assert await components.texts(run.job.id) == chunk_texts(range(1))


async def test_no_chunk_of_the_rest_is_numbered_before_all_of_the_opening(
    components: Components,
) -> None:
    """Else a restart would take the text of one chunk for that of another. Urgent text comes chunk
    by chunk, so that the rest is prepared before the opening's last chunks are sent."""
    components.preparation.n_chunks, components.preparation.n_opening = 6, 4
    asked_early: list[list[int]] = []

    async def answer_second_chunk_late(index: int) -> None:
        if index == 1:
            await asyncio.sleep(0.3)
            asked_early.append(list(components.llm.asked))

    components.llm.before_answer = answer_second_chunk_late
    checkpoint = StandInCheckpoint()
    run = await components.new_run(TranscribeOptions(low_latency=True))
    async with asyncio.timeout(10):
        assert await components.workflow(checkpoint, concurrency=8).run(run)
    assert set(asked_early[0]) <= {0, 1, 2}
    assert await components.texts(run.job.id) == chunk_texts(range(6))


async def test_nothing_goes_on_after_a_job_is_cancelled_between_both_parts(
    components: Components,
) -> None:
    """Else the llm would work for nobody."""
    components.preparation.n_chunks, components.preparation.n_opening = 5, 2
    all_asked = asyncio.Event()

    async def hang(_index: int) -> None:
        if len(components.llm.asked) == 5:
            all_asked.set()
        await asyncio.sleep(3600)

    components.llm.before_answer = hang
    run = await components.new_run()
    running = asyncio.create_task(components.workflow(concurrency=8).run(run))
    async with asyncio.timeout(10):
        await all_asked.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert components.llm.n_active == 0


async def test_a_rest_that_no_model_can_transcribe_keeps_the_text_of_the_opening(
    components: Components, monkeypatch: pytest.MonkeyPatch
) -> None:
    components.preparation.n_chunks, components.preparation.n_opening = 5, 2
    route = await components.llm.route(TranscribeOptions())

    async def route_of_the_opening_alone(*_: object) -> Route:
        components.llm.n_model_waits += 1
        if components.llm.n_model_waits > 1:
            raise UnknownModelError("other", [])
        return route

    async def answer_slowly(_index: int) -> None:
        await asyncio.sleep(0.1)

    monkeypatch.setattr(components.llm, "wait_for_route", route_of_the_opening_alone)
    components.llm.before_answer = answer_slowly
    run = await components.new_run()
    with pytest.raises(UnknownModelError):
        await components.workflow().run(run)
    assert await components.texts(run.job.id) == chunk_texts(range(2))


async def test_a_rest_that_cannot_be_decoded_fails_the_job_and_keeps_the_text(
    components: Components,
) -> None:
    async def fail() -> None:
        raise UnreadableAudioError("No packet can be decoded.")

    components.preparation.n_opening = 2
    components.preparation.before_rest = fail
    run = await components.new_run()
    with pytest.raises(StepFailedError):
        await components.workflow().run(run)
    assert await components.texts(run.job.id) == chunk_texts(range(2))


async def test_an_opening_that_fails_ends_the_preparation_of_the_rest(
    components: Components,
) -> None:
    """Else a failed job would go on to decode for hours of audio."""
    ended = asyncio.Event()

    async def decode_for_hours() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    components.preparation.n_opening = 2
    components.preparation.before_rest = decode_for_hours
    components.llm.errors[0] = LlmFailedError("The speech model failed on this recording.")
    with pytest.raises(StepFailedError):
        await components.workflow().run(await components.new_run())
    assert ended.is_set()


async def test_a_job_that_finds_its_primary_late_gets_a_copy(components: Components) -> None:
    """Whether another job has the same result is known once all is decoded."""
    components.preparation.n_opening = 2
    primary = await components.new_run()
    assert await components.workflow().run(primary)
    await components.stores.runs.finish(primary.job.id, JobStatus.COMPLETED, finished_at=NOON)
    run = await components.new_run()
    assert await components.workflow().run(run)
    assert sorted(components.llm.asked) == [0, 1, 2]
    job = await components.stores.jobs.get(run.job.id)
    assert (job.status, job.cached) == (JobStatus.COMPLETED, True)
    assert await components.texts(run.job.id) == chunk_texts(range(3))
