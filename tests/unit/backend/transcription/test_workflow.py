"""If these fail, a recording loses text or is paid for twice."""

import asyncio

import pytest

from backend.errors import DecoderCrashedError, LlmFailedError, UnreadableAudioError
from backend.transcription.context import JobContext, StepFailedError
from backend.transcription.plan import RecordingPlan
from contracts.jobs import JobStatus, JobWarning, Stage
from contracts.options import Punctuation, TranscribeOptions
from contracts.problems import ProblemType
from servicekit.errors import UnknownModelError
from unit.backend.stand_in_llm import OTHER_MODEL, model_info
from unit.backend.stand_ins import Components, StandInCheckpoint, chunk_texts
from unit.backend.storage.database.recorded import MODEL, NOON


async def complete(components: Components, options: TranscribeOptions | None = None) -> str:
    """Transcribe a recording to the end."""
    run = await components.new_run(options)
    assert await components.workflow().run(run)
    await components.stores.runs.finish(run.job.id, JobStatus.COMPLETED, finished_at=NOON)
    return run.job.id


async def test_a_transcript_has_all_chunks_in_order(components: Components) -> None:
    """Later chunks are answered first here; else sentences would swap places."""
    checkpoint = StandInCheckpoint()

    async def answer_first_chunks_last(index: int) -> None:
        await asyncio.sleep(0.05 * (3 - index))

    components.llm.before_answer = answer_first_chunks_last
    run = await components.new_run()
    assert await components.workflow(checkpoint, concurrency=3).run(run)
    assert checkpoint.executed == ["prepare", "chunk", "chunk", "chunk"]
    assert await components.texts(run.job.id) == chunk_texts(range(3))
    job = await components.stores.jobs.get(run.job.id)
    assert job.model == MODEL
    assert (job.progress.chunks_done, job.progress.processed_s) == (3, 3.0)
    assert job.progress.stage is Stage.TRANSCRIBING
    assert run.inference_s == pytest.approx(3 * 0.5 / 8)


async def test_the_first_chunk_goes_alone_and_its_text_is_there_at_once(
    components: Components,
) -> None:
    """Else the page, which asks for a low latency, shows no text until a whole batch is done."""
    has_asked_more, active_at_first = asyncio.Event(), 0

    async def hang_after_the_first(index: int) -> None:
        nonlocal active_at_first
        await asyncio.sleep(0.05)  # long enough for others to be sent, too
        if index == 0:
            active_at_first = components.llm.n_active
        else:
            has_asked_more.set()
            await asyncio.sleep(3600)

    components.llm.before_answer = hang_after_the_first
    run = await components.new_run(TranscribeOptions(low_latency=True))
    running = asyncio.create_task(components.workflow(concurrency=3).run(run))
    async with asyncio.timeout(60):
        await has_asked_more.wait()
    assert active_at_first == 1
    assert await components.texts(run.job.id) == chunk_texts(range(1))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_restart_between_chunks_transcribes_none_twice(components: Components) -> None:
    """Else a crash near the end of a long recording would cost all of its hours again."""
    checkpoint, has_asked = StandInCheckpoint(), asyncio.Event()

    async def hang_at_third_chunk(index: int) -> None:
        if index == 2:
            has_asked.set()
            await asyncio.sleep(3600)

    components.llm.before_answer = hang_at_third_chunk
    run = await components.new_run()
    running = asyncio.create_task(components.workflow(checkpoint).run(run))
    async with asyncio.timeout(10):
        await has_asked.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await components.texts(run.job.id) == chunk_texts(range(2))

    components.llm.before_answer = None
    again = await components.begin(run.job.id)
    assert await components.workflow(checkpoint).run(again)
    assert components.preparation.n_prepared == 1
    assert components.llm.asked == [0, 1, 2, 2]  # the interrupted one has no answer yet
    assert await components.texts(run.job.id) == chunk_texts(range(3))


async def test_voices_on_different_channels_are_written_in_turn(components: Components) -> None:
    """A restart neither repeats a voice nor leaves one out."""
    components.preparation.n_chunks, components.preparation.n_signals = 8, 2
    checkpoint = StandInCheckpoint()
    components.llm.errors = {5: LlmFailedError("no answer")}
    run = await components.new_run()
    with pytest.raises((LlmFailedError, StepFailedError)):
        await components.workflow(checkpoint).run(run)
    done_before = (await components.stores.jobs.get(run.job.id)).progress.chunks_done
    assert done_before == 5

    components.llm.errors = {}
    again = await components.begin(run.job.id)
    assert await components.workflow(StandInCheckpoint()).run(again)
    job = await components.stores.jobs.get(run.job.id)
    assert job.result
    assert [each.text for each in job.result.segments] == chunk_texts(range(8))
    assert [each.start for each in job.result.segments] == pytest.approx(range(8), abs=0.11)
    assert job.progress.chunks_done == 8
    assert sorted(components.llm.asked) == [0, 1, 2, 3, 4, 5, 5, 6, 7]


async def test_a_crash_between_the_answer_and_the_checkpoint_loses_no_answer(
    components: Components,
) -> None:
    run = await components.new_run()
    assert await components.workflow().run(run)
    assert await components.workflow().run(await components.begin(run.job.id))  # nothing recorded
    assert components.llm.asked == [0, 1, 2]
    assert await components.texts(run.job.id) == chunk_texts(range(3))


async def test_chunks_of_another_job_are_reused(components: Components) -> None:
    """A corrected option that does not concern the model costs no second transcription."""
    await complete(components)
    other = await components.new_run(TranscribeOptions(chunk_length_s=20))  # another result
    assert await components.workflow().run(other)
    assert components.llm.asked == [0, 1, 2]
    assert await components.texts(other.job.id) == chunk_texts(range(3))


async def test_forcing_reuses_no_chunk_of_another_job(components: Components) -> None:
    """Else a user who asks for a new transcript would get the old one."""
    await complete(components)
    await complete(components, TranscribeOptions(force=True))
    assert components.llm.asked == [0, 1, 2] * 2


async def test_an_identical_job_gets_a_copy(components: Components) -> None:
    await complete(components)
    run = await components.new_run()
    assert await components.workflow().run(run)
    assert components.llm.asked == [0, 1, 2]
    job = await components.stores.jobs.get(run.job.id)
    assert (job.status, job.cached) == (JobStatus.COMPLETED, True)
    assert await components.texts(run.job.id) == chunk_texts(range(3))


async def test_a_job_with_an_unfinished_primary_waits_for_it(components: Components) -> None:
    primary, duplicate = await components.new_run(), await components.new_run()
    assert await components.workflow().run(primary)  # the worker has not ended it yet
    assert not await components.workflow().run(duplicate)
    assert components.llm.asked == [0, 1, 2]
    assert await components.stores.duplicates.primary_of(duplicate.job.id) == primary.job.id


async def test_a_chunk_that_fails_fails_the_job_and_keeps_earlier_text(
    components: Components,
) -> None:
    checkpoint = StandInCheckpoint()
    components.llm.errors[1] = LlmFailedError("The speech model failed on this recording.")
    run = await components.new_run()
    with pytest.raises(StepFailedError) as failure:
        await components.workflow(checkpoint).run(run)
    assert failure.value.problem.type == ProblemType.LLM_FAILED.uri
    assert await components.texts(run.job.id) == chunk_texts([0])

    with pytest.raises(StepFailedError):  # after a restart it fails alike, without the llm
        await components.workflow(checkpoint).run(await components.begin(run.job.id))
    assert components.llm.asked == [0, 1]


async def test_a_resumed_job_continues_at_the_first_chunk_without_a_result(
    components: Components,
) -> None:
    components.llm.errors[1] = LlmFailedError("The speech model failed on this recording.")
    run = await components.new_run()
    with pytest.raises(StepFailedError):
        await components.workflow().run(run)
    components.llm.errors.clear()
    assert await components.workflow().run(await components.begin(run.job.id))
    assert components.llm.asked == [0, 1, 1, 2]
    assert await components.texts(run.job.id) == chunk_texts(range(3))


async def test_an_unreadable_recording_is_reported_without_the_llm(components: Components) -> None:
    components.preparation.error = UnreadableAudioError("No packet can be decoded.")
    run = await components.new_run()
    with pytest.raises(StepFailedError) as failure:
        await components.workflow().run(run)
    assert failure.value.problem.type == ProblemType.UNREADABLE_AUDIO.uri
    assert components.llm.n_model_waits == 0


async def test_a_recording_that_crashes_the_decoder_twice_fails_its_job(
    components: Components,
) -> None:
    """Otherwise it would crash the decoder again after every restart."""
    components.preparation.error = DecoderCrashedError("The decoder crashed on this recording.")
    checkpoint, run = StandInCheckpoint(), await components.new_run()
    for _ in range(2):  # a restart remembers the crashes
        with pytest.raises(StepFailedError) as failure:
            await components.workflow(checkpoint).run(run)
        assert failure.value.problem.type == ProblemType.DECODER_CRASHED.uri
    assert components.preparation.n_prepared == 2


async def test_a_recording_that_crashes_the_decoder_once_is_transcribed(
    components: Components,
) -> None:
    """The machine may have been out of memory through no fault of the recording."""
    components.preparation.error = DecoderCrashedError("The decoder crashed on this recording.")
    run, prepare = await components.new_run(), components.preparation.prepare

    async def crash_once(run: JobContext, opening: RecordingPlan | None = None) -> RecordingPlan:
        try:
            return await prepare(run, opening)
        finally:
            components.preparation.error = None

    components.preparation.prepare = crash_once
    assert await components.workflow().run(run)
    assert components.preparation.n_prepared == 2
    assert await components.texts(run.job.id) == chunk_texts(range(3))


async def test_a_model_that_changes_between_chunks_is_reported(components: Components) -> None:
    """Else a transcript of two models would pass for the work of one."""

    async def change_model(index: int) -> None:
        if index == 1:
            components.llm.model = OTHER_MODEL

    components.llm.before_answer = change_model
    run = await components.new_run()
    assert await components.workflow().run(run)
    job = await components.stores.jobs.get(run.job.id)
    assert job.model == OTHER_MODEL
    assert job.warnings == [JobWarning.MODEL_CHANGED]
    assert await components.texts(run.job.id) == chunk_texts(range(3))


async def test_a_recording_gets_the_model_of_its_language(components: Components) -> None:
    components.llm.others = [model_info(OTHER_MODEL, ["de"])]
    for options, model in [
        (TranscribeOptions(language="de"), OTHER_MODEL),
        (TranscribeOptions(language="ru"), MODEL),
        (TranscribeOptions(language="ru", model=OTHER_MODEL.name), OTHER_MODEL),
    ]:
        run = await components.new_run(options)
        assert await components.workflow().run(run)
        job = await components.stores.jobs.get(run.job.id)
        assert (job.model, job.warnings) == (model, [])
        assert job.options.model == options.model


async def test_another_model_is_another_result(components: Components) -> None:
    """Else a request that names a model would get the text of another one."""
    components.llm.others = [model_info(OTHER_MODEL, ["de"])]
    await complete(components, TranscribeOptions(language="ru"))
    n_asked = len(components.llm.asked)
    await complete(components, TranscribeOptions(language="ru", model=MODEL.name))
    assert len(components.llm.asked) == n_asked, "it is the one that the language has"
    await complete(components, TranscribeOptions(language="ru", model=OTHER_MODEL.name))
    assert len(components.llm.asked) == 2 * n_asked


async def test_parts_in_other_languages_do_not_change_the_model(components: Components) -> None:
    """The main model is that of the first speech; those of other languages are expected too."""
    components.llm.others = [model_info(OTHER_MODEL, ["de"])]
    components.preparation.language = "de"
    run = await components.new_run(TranscribeOptions(language="auto"))
    assert await components.workflow().run(run)
    job = await components.stores.jobs.get(run.job.id)
    assert (job.model, job.warnings) == (OTHER_MODEL, [])
    assert await components.texts(run.job.id) == chunk_texts(range(3))


async def test_a_model_that_is_gone_fails_the_job_with_the_list(components: Components) -> None:
    run = await components.new_run(TranscribeOptions(model="gone"))
    with pytest.raises(UnknownModelError, match=f"only: {MODEL.name}"):
        await components.workflow().run(run)


@pytest.mark.parametrize("words", [["Другое."], [], ["Chunk0,", "да."]])
async def test_punctuation_that_gives_other_words_is_a_warning(
    components: Components, words: list[str]
) -> None:
    """Else a punctuation model could put words into a transcript that nobody said."""
    components.llm.text = "chunk{}"
    components.llm.punctuated_words = words
    job_id = await complete(components)
    assert (await components.stores.jobs.get(job_id)).warnings == [JobWarning.PUNCTUATION_FAILED]
    assert await components.texts(job_id) == ["chunk0", "chunk1", "chunk2"]


async def test_an_empty_text_is_complete_without_marks(components: Components) -> None:
    """Else a chunk in which the model hears nothing fails the job, or gives it a warning."""
    components.llm.text = ""
    job_id = await complete(components)
    assert components.llm.punctuated == []
    assert (await components.stores.jobs.get(job_id)).warnings == []
    assert "".join(await components.texts(job_id)) == ""


async def test_punctuation_that_fails_is_a_warning(components: Components) -> None:
    """Else a text without marks would pass for a complete one, above all after a restart."""
    components.llm.text = "chunk{}"
    components.llm.punctuation_error = LlmFailedError("no answer")
    job_id = await complete(components)
    assert (await components.stores.jobs.get(job_id)).warnings == [JobWarning.PUNCTUATION_FAILED]
    assert await components.texts(job_id) == ["chunk0", "chunk1", "chunk2"]

    await components.cache.clear()
    components.llm.punctuation_error = None
    again = await complete(components, TranscribeOptions(chunk_length_s=20))
    assert components.llm.asked == [0, 1, 2]
    assert (await components.stores.jobs.get(again)).warnings == [JobWarning.PUNCTUATION_FAILED]

    without = await complete(components, TranscribeOptions(punctuation=Punctuation.NONE))
    assert components.llm.asked == [0, 1, 2]
    assert (await components.stores.jobs.get(without)).warnings == []


async def test_a_recording_without_speech_is_complete_without_the_llm(
    components: Components,
) -> None:
    """Else silence could not be transcribed while the llm is down."""
    components.preparation.n_chunks = 0
    run = await components.new_run()
    assert await components.workflow().run(run)
    assert (components.llm.n_model_waits, components.llm.asked) == (0, [])
    job = await components.stores.jobs.get(run.job.id)
    assert (job.progress.chunks_total, job.progress.total_s) == (0, 1.0)


@pytest.mark.parametrize("concurrency", [1, 2, 4])
async def test_no_more_chunks_than_allowed_are_at_the_llm(
    components: Components, concurrency: int
) -> None:
    """Else one long recording would fill the llm's queue and others would be refused."""

    async def let_others_start(index: int) -> None:
        await asyncio.sleep(0.02)

    components.preparation.n_chunks = 6
    components.llm.before_answer = let_others_start
    run = await components.new_run()
    assert await components.workflow(concurrency=concurrency).run(run)
    assert components.llm.most_active == concurrency


async def test_the_decoding_time_does_not_contain_the_wait_for_the_model(
    components: Components,
) -> None:
    """Else an operator would look for a slow disk when the llm was down."""
    components.llm.wait_s = 0.5
    run = await components.new_run()
    assert await components.workflow().run(run)
    assert 0 < run.prepare_s < 0.5


async def test_warnings_of_the_preparation_reach_the_job(components: Components) -> None:
    components.preparation.warnings = [JobWarning.TRUNCATED]
    assert (await components.stores.jobs.get(await complete(components))).warnings == [
        JobWarning.TRUNCATED
    ]
