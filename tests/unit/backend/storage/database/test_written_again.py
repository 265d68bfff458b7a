"""If these fail, another text is stored in part, over a correction, or not found by search."""

from backend.storage.database import HistoryStore, Stores, WrittenOptions
from contracts.jobs import SegmentCorrection
from contracts.options import TranscribeOptions
from contracts.transcription import Segment
from unit.backend.storage.database.recorded import OWNER, completed

WRITTEN_AS = WrittenOptions(TranscribeOptions.model_validate({"numbers": "digits"}), "key")


def in_digits(segments: list[Segment]) -> list[Segment]:
    (first, *others) = segments
    (word, *_) = first.words or []
    number = word.model_copy(update={"word": "5", "spoken": "пять", "marked": "Пять"})
    changes = {"text": "5", "raw_text": "пять", "words": [number]}
    return [first.model_copy(update=changes), *others]


async def test_another_text_is_stored_beneath_the_correction(
    stores: Stores, history: HistoryStore
) -> None:
    job_id = await completed(stores, "пять", "кот", with_words=True)
    correction = SegmentCorrection(text="Пять котов")
    await stores.transcripts.edit_segment(job_id, OWNER, 0, correction)
    revision, segments = await stores.transcripts.with_revision(job_id, OWNER)
    assert await stores.transcripts.rewrite(job_id, revision, in_digits(segments), WRITTEN_AS)
    job = await stores.jobs.get(job_id)
    assert job.result is not None
    first, second = job.result.segments
    assert (first.text, first.original_text, first.raw_text) == ("Пять котов", "5", "пять")
    assert [(word.word, word.marked) for word in first.words or []] == [("5", "Пять")]
    assert second.text == "кот"
    assert job.options == WRITTEN_AS.options
    for query in ("котов", "пять", "5"):
        assert [one.id for one in (await history.page(OWNER, query=query)).items] == [job_id]


async def test_a_job_that_was_corrected_meanwhile_is_not_overwritten(stores: Stores) -> None:
    job_id = await completed(stores, "пять", with_words=True)
    revision, segments = await stores.transcripts.with_revision(job_id, OWNER)
    await stores.transcripts.edit_segment(job_id, OWNER, 0, SegmentCorrection(text="шесть"))
    assert not await stores.transcripts.rewrite(job_id, revision, in_digits(segments), WRITTEN_AS)
    assert (await stores.transcripts.with_revision(job_id, OWNER))[1][0].original_text == "пять"
