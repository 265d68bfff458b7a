"""If these fail, splitting or joining phrases loses words, corrections or speakers for good."""

import pytest

from backend.errors import JobNotFoundError, NoSuchWordError, WrongStateError
from backend.storage.database import HistoryStore, Stores
from contracts.jobs import JobStatus, SegmentBorder, SegmentCorrection
from contracts.transcription import Transcript
from unit.backend.storage.database.recorded import KEY, NOON, OWNER, completed, running
from unit.backend.storage.database.test_speakers import assign, conversation

TEXTS = ("раз два три четыре", "пять шесть", "семь восемь")


async def job(stores: Stores) -> str:
    return await completed(stores, *TEXTS, key=KEY, with_words=True)


async def result(stores: Stores, job_id: str) -> Transcript:
    found = (await stores.jobs.get(job_id)).result
    assert found
    return found


async def shown(stores: Stores, job_id: str) -> list[tuple[int, str]]:
    return [(each.index, each.text) for each in (await result(stores, job_id)).segments]


async def correct(stores: Stores, job_id: str, index: int, text: str) -> None:
    await stores.transcripts.edit_segment(job_id, OWNER, index, SegmentCorrection(text=text))


async def test_a_split_segment_stays_in_place_and_joins_again(stores: Stores) -> None:
    job_id = await job(stores)
    before = await result(stores, job_id)
    halves = await stores.transcripts.split_segment(job_id, OWNER, 0, SegmentBorder(word=3))
    assert [(each.index, each.text) for each in halves] == [(0, "раз два три"), (3, "четыре")]
    assert await shown(stores, job_id) == [
        (0, "раз два три"), (3, "четыре"), (1, "пять шесть"), (2, "семь восемь"),
    ]  # fmt: skip
    after = await result(stores, job_id)
    assert after.segments[:2] == halves
    assert after.text == before.text
    await stores.transcripts.join_segments(job_id, OWNER, 0)
    assert await result(stores, job_id) == before


async def test_both_halves_can_be_split_again_and_keep_their_order(stores: Stores) -> None:
    job_id = await job(stores)
    split = stores.transcripts.split_segment
    await split(job_id, OWNER, 0, SegmentBorder(word=2))
    await split(job_id, OWNER, 0, SegmentBorder(word=1))
    await split(job_id, OWNER, 3, SegmentBorder(word=1))
    assert await shown(stores, job_id) == [
        (0, "раз"), (4, "два"), (3, "три"), (5, "четыре"), (1, "пять шесть"), (2, "семь восемь"),
    ]  # fmt: skip


async def test_corrections_and_speakers_follow(stores: Stores) -> None:
    job_id = await job(stores)
    await correct(stores, job_id, 0, "раз два ТРИ четыре")
    await assign(stores, job_id, 0, "S4")
    await assign(stores, job_id, 1, "S2")
    first, second = await stores.transcripts.split_segment(job_id, OWNER, 0, SegmentBorder(word=2))
    assert (first.text, first.original_text, first.speaker) == ("раз два", None, "S4")
    assert (second.text, second.original_text, second.speaker) == (
        "ТРИ четыре", "три четыре", "S4",
    )  # fmt: skip
    assert [word.speaker for word in second.words or []] == ["S4", "S4"]
    assert (await assign(stores, job_id, second.index, None)).speaker is None
    (joined,) = await stores.transcripts.join_segments(job_id, OWNER, 0)
    assert (joined.text, joined.original_text, joined.speaker) == (
        "раз два ТРИ четыре", "раз два три четыре", "S4",
    )  # fmt: skip
    (joined,) = await stores.transcripts.join_segments(job_id, OWNER, 0)
    assert joined.speaker == "S4"
    assert await shown(stores, job_id) == [
        (0, "раз два ТРИ четыре пять шесть"), (2, "семь восемь"),
    ]  # fmt: skip


async def test_a_merged_speaker_is_separated_also_after_a_split(stores: Stores) -> None:
    """Else the split stores the merge as what was recognised."""
    job_id = await conversation(stores)
    await stores.speakers.name(job_id, OWNER, "S2", "S1")
    _, half = await stores.transcripts.split_segment(job_id, OWNER, 1, SegmentBorder(word=1))
    assert half.speaker == "S1"
    await stores.speakers.name(job_id, OWNER, "S2", None)
    speakers = [each.speaker for each in (await result(stores, job_id)).segments]
    assert speakers == ["S1", "S2", "S2", "S1", "S3"]


async def test_the_border_moves_with_its_words(stores: Stores) -> None:
    job_id = await job(stores)
    before = await result(stores, job_id)
    move = stores.transcripts.move_border
    first, second = await move(job_id, OWNER, 0, SegmentBorder(word=3))
    assert (first.text, second.text) == ("раз два три", "четыре пять шесть")
    assert (first.index, second.index) == (0, 1)
    assert [word.word for word in second.words or []] == ["четыре", "пять", "шесть"]
    await move(job_id, OWNER, 0, SegmentBorder(word=4))
    after = await result(stores, job_id)
    assert [(each.text, each.words) for each in after.segments] == [
        (each.text, each.words) for each in before.segments
    ]


async def test_search_finds_the_half_that_has_the_word(
    stores: Stores, history: HistoryStore
) -> None:
    job_id = await job(stores)
    await correct(stores, job_id, 0, "раз два три вертолёт")
    _, half = await stores.transcripts.split_segment(job_id, OWNER, 0, SegmentBorder(word=3))
    for query in ("четыре", "вертолёты"):
        (found,) = (await history.page(OWNER, query=query)).items
        assert found.hit
        assert (found.hit.segment_index, found.hit.start) == (half.index, half.start)
    await stores.transcripts.join_segments(job_id, OWNER, 0)
    (found,) = (await history.page(OWNER, query="вертолёт")).items
    assert found.hit
    assert (found.hit.segment_index, found.hit.start) == (0, 0.0)
    await stores.transcripts.split_segment(job_id, OWNER, 0, SegmentBorder(word=3))
    (found,) = (await history.page(OWNER, query="раз семь")).items
    assert found.hit
    assert found.hit.segment_index == 0  # the first in time has any of the words


async def test_each_change_of_borders_raises_the_revision(stores: Stores) -> None:
    """Otherwise the cache shows the phrases as they were."""
    job_id = await job(stores)
    revisions = [await stores.jobs.revision(job_id)]
    border = SegmentBorder(word=1)
    await stores.transcripts.split_segment(job_id, OWNER, 0, border)
    revisions.append(await stores.jobs.revision(job_id))
    await stores.transcripts.move_border(job_id, OWNER, 0, SegmentBorder(word=2))
    revisions.append(await stores.jobs.revision(job_id))
    await stores.transcripts.join_segments(job_id, OWNER, 0)
    revisions.append(await stores.jobs.revision(job_id))
    assert revisions == sorted(set(revisions))


async def _copy(stores: Stores, job_id: str) -> str:
    """Add a job of the same recording, which gets the result of the first."""
    copy = await running(stores, 3)
    await stores.duplicates.claim_result(copy, KEY)
    await stores.duplicates.copy_result(job_id, copy)
    await stores.runs.finish(copy, JobStatus.COMPLETED, finished_at=NOON)
    return copy


async def test_other_jobs_with_the_same_result_stay_as_they_are(stores: Stores) -> None:
    first = await job(stores)
    earlier = await _copy(stores, first)
    await stores.transcripts.split_segment(first, OWNER, 0, SegmentBorder(word=1))
    later = await _copy(stores, first)
    assert await shown(stores, earlier) == list(enumerate(TEXTS))
    assert await shown(stores, later) == [
        (0, "раз"), (3, "два три четыре"), (1, "пять шесть"), (2, "семь восемь"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("owner", "index", "error"),
    [(OWNER, 9, JobNotFoundError), ("another", 0, JobNotFoundError), (OWNER, 2, WrongStateError)],
)
async def test_what_is_not_there_is_not_joined(
    stores: Stores, owner: str, index: int, error: type[Exception]
) -> None:
    job_id = await job(stores)
    with pytest.raises(error):
        await stores.transcripts.join_segments(job_id, owner, index)
    with pytest.raises(error):
        await stores.transcripts.move_border(job_id, owner, index, SegmentBorder(word=1))
    with pytest.raises(NoSuchWordError if error is WrongStateError else error):
        await stores.transcripts.split_segment(job_id, owner, index, SegmentBorder(word=5))
    assert await shown(stores, job_id) == list(enumerate(TEXTS))
