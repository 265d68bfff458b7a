"""If these fail, an old text gets no marks, or its words or a user's corrections are changed."""

from backend.errors import LlmFailedError
from contracts.jobs import Job, JobWarning, SegmentCorrection, Stage
from contracts.options import Numbers, Punctuation, TextOptions
from unit.backend.jobs.test_service import service
from unit.backend.stand_ins import Components
from unit.backend.storage.database.recorded import OWNER, completed

TEXTS = ("привет мир", "пришло двадцать пять человек", "пока")


async def bare(components: Components, *texts: str) -> str:
    """Add a completed job with a text without marks and its recording."""
    path = components.path("blob")
    path.write_bytes(b"recording")
    return await completed(components.stores, *(texts or TEXTS), blob="blob", with_words=True)


async def rewrite(components: Components, job_id: str, **options: object) -> Job:
    return await service(components).rewrite_text(
        job_id, OWNER, TextOptions.model_validate(options)
    )


async def result(components: Components, job_id: str) -> Job:
    return await components.stores.jobs.get(job_id)


async def test_an_old_text_gets_its_marks_and_keeps_its_words_and_corrections(
    components: Components,
) -> None:
    job_id = await bare(components)
    correction = SegmentCorrection(text="Всем привет")
    await components.stores.transcripts.edit_segment(job_id, OWNER, 0, correction)
    before = (await components.stores.transcripts.with_revision(job_id, OWNER))[1]
    answered = await rewrite(components, job_id)
    assert answered.progress.stage is Stage.PUNCTUATING
    assert components.queue.submitted == [job_id]
    await components.worker().work_on(job_id)
    job = await result(components, job_id)
    assert (job.progress.stage, job.warnings) == (Stage.DONE, [])
    assert job.result is not None
    first, second, third = job.result.segments
    assert (first.text, first.original_text) == ("Всем привет", "привет мир")
    assert second.text == "пришло двадцать пять человек."
    assert (third.text, third.raw_text) == ("пока.", "пока")
    for old, new in zip(before, job.result.segments, strict=True):
        assert (new.start, new.end, new.speaker) == (old.start, old.end, old.speaker)
        assert [(word.spoken or word.word, word.start) for word in new.words or []] == [
            (word.word, word.start) for word in old.words or []
        ]
    assert not components.work.pcm(job_id).exists()


async def test_marks_and_digits_are_written_together_and_taken_back(
    components: Components,
) -> None:
    job_id = await bare(components)
    await rewrite(components, job_id, numbers=Numbers.DIGITS)
    await components.worker().work_on(job_id)
    job = await result(components, job_id)
    assert job.result is not None
    assert [one.text for one in job.result.segments][1:] == ["пришло 25 человек.", "пока."]
    await rewrite(components, job_id, punctuation=Punctuation.NONE, numbers=Numbers.AS_SPOKEN)
    job = await result(components, job_id)
    assert job.result is not None
    assert tuple(one.text for one in job.result.segments) == TEXTS
    n_asked = len(components.llm.punctuated)
    again = await rewrite(components, job_id, punctuation=Punctuation.AUTO)
    assert again.progress.stage is Stage.DONE  # the marks are stored
    assert len(components.llm.punctuated) == n_asked


async def test_a_text_whose_recording_is_gone_stays_and_says_so(components: Components) -> None:
    job_id = await bare(components)
    components.path("blob").unlink()
    answered = await rewrite(components, job_id)
    assert answered.warnings == [JobWarning.RECORDING_NOT_STORED]
    assert answered.progress.stage is Stage.DONE
    assert components.queue.submitted == []
    assert await components.texts(job_id) == list(TEXTS)


async def test_a_recording_that_is_deleted_while_the_text_waits_is_missed_without_a_failure(
    components: Components,
) -> None:
    job_id = await bare(components)
    await rewrite(components, job_id)
    await components.stores.retention.drop_audio(job_id)
    await components.worker().work_on(job_id)
    job = await result(components, job_id)
    assert (job.warnings, job.error) == ([JobWarning.RECORDING_NOT_STORED], None)
    assert await components.texts(job_id) == list(TEXTS)


async def test_a_model_that_fails_leaves_the_text_and_can_be_asked_again(
    components: Components,
) -> None:
    """Else a text would be lost, or never get its marks once the model works again."""
    job_id = await bare(components)
    for problem in (LlmFailedError("It failed."), None):
        components.llm.punctuation_error = problem
        components.llm.punctuated_words = ["другие", "слова"]
        await rewrite(components, job_id)
        await components.worker().work_on(job_id)
        assert (await result(components, job_id)).warnings == [JobWarning.PUNCTUATION_FAILED]
        assert await components.texts(job_id) == list(TEXTS)
    components.llm.punctuated_words = None
    await rewrite(components, job_id)
    await components.worker().work_on(job_id)
    assert (await result(components, job_id)).warnings == []
    assert (await components.texts(job_id))[-1] == "пока."


async def test_a_text_that_is_corrected_while_it_is_punctuated_keeps_the_correction(
    components: Components,
) -> None:
    job_id = await bare(components)
    await rewrite(components, job_id)
    answer = components.llm.punctuate

    async def correct_first(pcm: bytes, words: list[str], language: str) -> list[str]:
        correction = SegmentCorrection(text="исправлено")
        await components.stores.transcripts.edit_segment(job_id, OWNER, 2, correction)
        return await answer(pcm, words, language)

    components.llm.punctuate = correct_first
    await components.worker().work_on(job_id)
    job = await result(components, job_id)
    assert job.result is not None
    last = job.result.segments[-1]
    assert (last.text, last.original_text) == ("исправлено", "пока.")


async def test_a_job_that_is_deleted_meanwhile_is_left_alone(components: Components) -> None:
    job_id = await bare(components)
    await rewrite(components, job_id)

    async def delete(pcm: bytes, words: list[str], language: str) -> list[str]:
        await components.stores.jobs.delete(job_id)
        return words

    components.llm.punctuate = delete
    await components.worker().work_on(job_id)
    assert not components.work.pcm(job_id).exists()


async def test_a_text_with_marks_is_not_sent_to_the_model(components: Components) -> None:
    job_id = await bare(components, "Привет, мир.", "пока")
    answered = await rewrite(components, job_id)
    assert answered.progress.stage is Stage.DONE
    assert components.queue.submitted == []
