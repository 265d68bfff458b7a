"""If these fail, the first text of a long recording waits until all of it is decoded, or the text
at the end of its opening is lost or written twice.
"""

import asyncio

import numpy as np
import pytest

from backend.errors import LlmFailedError, UnreadableAudioError
from backend.pipeline.decode import probe
from backend.pipeline.prepare import decode_to_pcm
from backend.transcription import preparation as preparation_module
from backend.transcription.chunk_audio import ChunkAudio
from backend.transcription.context import JobContext, StepFailedError
from backend.transcription.plan import RecordingPlan
from backend.transcription.preparation import Preparation
from contracts.audio import SAMPLE_RATE
from contracts.jobs import JobStatus
from contracts.options import Diarization, TranscribeOptions
from contracts.routing import Route
from servicekit.errors import UnknownModelError
from speech_corpus import russian_sentences
from unit.backend.stand_ins import Components, StandInCheckpoint, chunk_texts
from unit.backend.storage.database.recorded import NOON
from unit.backend.transcription.test_preparation import preparation, run_of

OPENING_S = 20.0
PAUSE = np.zeros(SAMPLE_RATE // 2, np.float32)


@pytest.fixture(autouse=True)
def short_openings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a minute a long recording."""
    monkeypatch.setattr(preparation_module, "OPENING_S", OPENING_S)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """Return a minute of sentences at 16 kHz."""
    folder = tmp_path_factory.mktemp("speech")
    parts: list[np.ndarray] = []
    for sentence in russian_sentences(30):
        info = probe(sentence.path)
        decoded = decode_to_pcm(sentence.path, info, folder / "pcm", 60, lambda: None).recording
        parts += [decoded.read(0, decoded.n_samples), PAUSE]
        if sum(map(len, parts)) > 60 * SAMPLE_RATE:
            break
    return np.concatenate(parts)


async def prepared(
    components: Components, run: JobContext
) -> tuple[Preparation, RecordingPlan, RecordingPlan]:
    """Return the plans of the opening and of the whole recording."""
    prepares = preparation(components, max_duration_s=600)
    opening = await prepares.prepare(run)
    return prepares, opening, await prepares.prepare(run, opening)


async def prepared_at_once(components: Components, run: JobContext) -> RecordingPlan:
    """Return the plan of a recording without an opening."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(preparation_module, "OPENING_S", 3600.0)
        return await preparation(components, max_duration_s=600).prepare(run)


def options(**changes: object) -> TranscribeOptions:
    return TranscribeOptions.model_validate({"chunk_length_s": 8} | changes)


async def test_the_chunks_are_those_of_a_recording_that_is_planned_at_once(
    components: Components, speech: np.ndarray
) -> None:
    run = await run_of(components, speech, options=options())
    _, opening, whole = await prepared(components, run)
    at_once = await prepared_at_once(components, run)
    assert opening.is_opening
    assert not whole.is_opening
    assert 0 < len(opening.chunks) < len(whole.chunks)
    assert whole.chunks[: len(opening.chunks)] == opening.chunks
    assert whole.chunks == at_once.chunks
    assert whole.speech_s == pytest.approx(at_once.speech_s)
    assert whole.audio_sha256 == at_once.audio_sha256


async def test_a_chunk_of_the_opening_sounds_the_same_before_and_after_the_rest_is_decoded(
    components: Components, speech: np.ndarray
) -> None:
    """Else a chunk that a crash interrupted would be transcribed with another gain."""
    louder = np.concatenate([speech[: 30 * SAMPLE_RATE] * 0.3, speech[30 * SAMPLE_RATE :]])
    run = await run_of(components, louder, options=options())
    prepares = preparation(components, max_duration_s=600)

    async def sounds(plan: RecordingPlan) -> list[bytes]:
        (recording,) = await prepares.recordings(run, plan)
        (signal,) = plan.signals
        normalization = run.job.options.normalization_options()
        return [ChunkAudio(recording, signal, normalization, each).pcm for each in signal_chunks]

    opening = await prepares.prepare(run)
    signal_chunks = opening.chunks
    before = await sounds(opening)
    whole = await prepares.prepare(run, opening)
    assert await sounds(opening) == before
    assert await sounds(whole) == before
    (signal,) = whole.signals
    assert signal.gain_db < signal.opening_gain_db - 3


async def test_another_process_decodes_the_opening_alone_until_the_rest_is_planned(
    components: Components, speech: np.ndarray
) -> None:
    run = await run_of(components, speech, options=options())
    prepares, opening, whole = await prepared(components, run)
    pcm = components.work.pcm(run.job.id)
    content = pcm.read_bytes()
    await components.work.remove_pcm(run.job.id)
    await prepares.recordings(run, opening)
    assert pcm.stat().st_size == pytest.approx(2 * OPENING_S * SAMPLE_RATE, abs=100)
    await prepares.recordings(run, whole)
    await prepares.recordings(run, opening)
    assert pcm.read_bytes() == content


@pytest.mark.parametrize(
    ("gain", "silence_s"),
    [(0.003, 0), (1.0, 15)],
    ids=["a murmur", "almost nothing is said"],
)
async def test_an_opening_that_says_too_little_waits_for_the_rest(
    components: Components, speech: np.ndarray, gain: float, silence_s: int
) -> None:
    """Else noise before a talk would be as loud as the talk, and become words."""
    beginning = speech[: 25 * SAMPLE_RATE] * np.float32(gain)
    beginning[: silence_s * SAMPLE_RATE] = 0
    run = await run_of(components, np.concatenate([beginning, speech]), options=options())
    _, opening, whole = await prepared(components, run)
    assert (opening.is_opening, opening.chunks) == (True, [])
    assert whole == await prepared_at_once(components, run)


@pytest.mark.parametrize("asked", [Diarization.AUTO, Diarization.CHANNEL])
async def test_the_voices_of_a_call_are_planned_with_all_of_it(
    components: Components, speech: np.ndarray, asked: Diarization
) -> None:
    """Else the first words of a call would have no speaker."""
    turn = np.arange(len(speech)) // (4 * SAMPLE_RATE) % 2
    channels = [np.where(turn == channel, speech, np.float32(0)) for channel in (0, 1)]
    run = await run_of(components, *channels, options=options(diarization=asked))
    plan = await preparation(components, max_duration_s=600).prepare(run)
    assert plan.is_opening == (asked is Diarization.AUTO)
    assert bool(plan.chunks) != plan.is_opening


async def test_channels_that_speak_later_leave_no_word_out(
    components: Components, speech: np.ndarray
) -> None:
    """The other channel of a recorder may be silent at first: it is mixed otherwise then."""
    half = len(speech) // 2
    voice = np.concatenate([speech, speech[:half]])
    other = np.concatenate([np.zeros(len(speech), np.float32), speech[:half]])
    run = await run_of(components, voice, other, options=options())
    prepares, opening, whole = await prepared(components, run)
    assert opening.chunks
    assert len(whole.signals) == 2
    assert whole.chunks[: len(opening.chunks)] == opening.chunks
    assert whole.chunks == (await prepared_at_once(components, run)).chunks
    recordings = await prepares.recordings(run, whole)
    assert [each.n_samples for each in recordings] == [len(voice)] * 2


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
