"""If these fail, a speaker loses a name, or two people become one for good."""

from pathlib import Path

import pytest

from backend.errors import JobNotFoundError
from backend.storage.database import Database, Stores
from backend.storage.database.backup import back_up, restore
from contracts.jobs import JobStatus, SegmentCorrection
from contracts.transcription import Segment, Speaker
from unit.backend.storage.database.recorded import (
    CHUNK_S,
    KEY,
    NOON,
    OWNER,
    chunk_result,
    running,
    segment,
)

THREE = ("S1", "S2", "S1", "S3")


async def conversation(
    stores: Stores, speakers: tuple[str, ...] = THREE, owner: str = OWNER
) -> str:
    """Add a completed job with a segment of two words for each speaker."""
    job_id = await running(stores, 1, owner)
    await stores.duplicates.claim_result(job_id, KEY)
    said = [
        segment(index, f"слово {index}", with_words=True).model_copy(update={"speaker": speaker})
        for index, speaker in enumerate(speakers)
    ]
    await stores.runs.append(job_id, 0, chunk_result(said, done=1, total=1))
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    return job_id


async def shown(stores: Stores, job_id: str) -> tuple[list[str | None], list[Speaker]]:
    job = await stores.jobs.get(job_id)
    assert job.result
    return [one.speaker for one in job.result.segments], job.result.speakers


def names(speakers: list[Speaker]) -> dict[str, str | None]:
    return {one.id: one.name for one in speakers}


async def assign(stores: Stores, job_id: str, index: int, speaker: str | None) -> Segment:
    correction = SegmentCorrection(speaker=speaker)
    return await stores.transcripts.edit_segment(job_id, OWNER, index, correction)


async def test_a_name_is_kept_and_can_be_changed_and_removed(stores: Stores) -> None:
    job_id = await conversation(stores)
    assert names(await stores.speakers.name(job_id, OWNER, "S1", "Анна")) == {
        "S1": "Анна",
        "S2": None,
        "S3": None,
    }
    assert (await shown(stores, job_id))[0] == list(THREE)
    assert names(await stores.speakers.name(job_id, OWNER, "S1", "Ольга"))["S1"] == "Ольга"
    assert names(await stores.speakers.name(job_id, OWNER, "S1", None))["S1"] is None


async def test_the_name_of_another_speaker_merges_and_null_undoes_it(stores: Stores) -> None:
    job_id = await conversation(stores)
    await stores.speakers.name(job_id, OWNER, "S1", "Анна")
    await stores.speakers.name(job_id, OWNER, "S3", "Пётр")
    before = await shown(stores, job_id)
    merged = await stores.speakers.name(job_id, OWNER, "S3", "анна")
    assert [(one.id, one.name, one.merged) for one in merged] == [
        ("S1", "Анна", ["S3"]),
        ("S2", None, []),
    ]
    assert (await shown(stores, job_id))[0] == ["S1", "S2", "S1", "S1"]
    assert merged[0].speech_s == 3 * CHUNK_S
    assert merged[0].share == 0.75
    await stores.speakers.name(job_id, OWNER, "S3", None)
    assert await shown(stores, job_id) == before  # with the name that it had


async def test_an_unnamed_speaker_can_be_merged_into_by_its_id(stores: Stores) -> None:
    job_id = await conversation(stores)
    merged = await stores.speakers.name(job_id, OWNER, "S3", "S2")
    assert [(one.id, one.name, one.merged) for one in merged] == [
        ("S1", None, []),
        ("S2", None, ["S3"]),
    ]


async def test_merges_of_merges_make_no_circle_and_are_undone_one_by_one(stores: Stores) -> None:
    job_id = await conversation(stores)
    await stores.speakers.name(job_id, OWNER, "S3", "S2")
    await stores.speakers.name(job_id, OWNER, "S2", "S1")
    assert (await shown(stores, job_id))[0] == ["S1"] * 4
    await stores.speakers.name(job_id, OWNER, "S1", "S3")  # S3 is shown as S1: only a name
    assert names((await shown(stores, job_id))[1]) == {"S1": "S3"}
    await stores.speakers.name(job_id, OWNER, "S2", None)
    assert (await shown(stores, job_id))[0] == ["S1", "S2", "S1", "S2"]
    await stores.speakers.name(job_id, OWNER, "S3", None)
    assert (await shown(stores, job_id))[0] == list(THREE)


async def test_a_segment_can_be_given_to_another_speaker_and_back(stores: Stores) -> None:
    job_id = await conversation(stores)
    edited = await assign(stores, job_id, 1, "S4")
    assert edited.speaker == "S4"
    assert [word.speaker for word in edited.words or []] == ["S4", "S4"]
    assert names((await shown(stores, job_id))[1]) == {"S1": None, "S4": None, "S3": None}
    assert names(await stores.speakers.name(job_id, OWNER, "S4", "Гость"))["S4"] == "Гость"
    assert (await assign(stores, job_id, 1, None)).speaker == "S2"


async def test_text_and_speaker_are_corrected_independently(stores: Stores) -> None:
    job_id = await conversation(stores)
    await assign(stores, job_id, 0, "S2")
    corrected = await stores.transcripts.edit_segment(
        job_id, OWNER, 0, SegmentCorrection(text="другое")
    )
    assert (corrected.text, corrected.original_text, corrected.speaker) == (
        "другое",
        "слово 0",
        "S2",
    )
    both = SegmentCorrection(text="слово 0", speaker="S1")
    restored = await stores.transcripts.edit_segment(job_id, OWNER, 0, both)
    assert (restored.original_text, restored.speaker) == (None, "S1")


async def test_each_change_of_a_speaker_raises_the_revision(stores: Stores) -> None:
    """Otherwise the cache shows the text with the earlier names."""
    job_id = await conversation(stores)
    revisions = [await stores.jobs.revision(job_id)]
    await stores.speakers.name(job_id, OWNER, "S1", "Анна")
    revisions.append(await stores.jobs.revision(job_id))
    await assign(stores, job_id, 0, "S2")
    revisions.append(await stores.jobs.revision(job_id))
    assert revisions == sorted(set(revisions))


@pytest.mark.parametrize("speaker", ["S4", "s1", "", "\0", "\ud800", "S1 "])
async def test_only_speakers_of_the_transcript_can_be_named(stores: Stores, speaker: str) -> None:
    job_id = await conversation(stores)
    with pytest.raises(JobNotFoundError):
        await stores.speakers.name(job_id, OWNER, speaker, "Анна")
    with pytest.raises(JobNotFoundError):
        await stores.speakers.name(job_id, "another", "S1", "Анна")


async def test_a_job_that_shares_the_result_does_not_get_the_names(stores: Stores) -> None:
    first = await conversation(stores)
    await stores.speakers.name(first, OWNER, "S1", "Анна")
    await stores.speakers.name(first, OWNER, "S3", "S2")
    await assign(stores, first, 0, "S2")
    second = await running(stores, 1)
    assert await stores.duplicates.claim_result(second, KEY)
    assert await stores.duplicates.copy_result(first, second)
    await stores.runs.finish(second, JobStatus.COMPLETED, finished_at=NOON)
    segments, speakers = await shown(stores, second)
    assert segments == list(THREE)
    assert set(names(speakers).values()) == {None}
    await stores.jobs.delete(second)
    assert names((await shown(stores, first))[1])["S1"] == "Анна"


async def test_names_survive_a_restart_and_a_backup(sqlite: Database, tmp_path: Path) -> None:
    stores = Stores(sqlite)
    job_id = await conversation(stores)
    await stores.speakers.name(job_id, OWNER, "S1", "Анна")
    await assign(stores, job_id, 1, "S3")
    before = await shown(stores, job_id)
    back_up(tmp_path / "test.db", tmp_path / "copy")
    await stores.jobs.delete(job_id)
    sqlite.close()
    restore(tmp_path / "copy", tmp_path / "test.db")
    reopened = Database.open(f"sqlite:///{tmp_path / 'test.db'}")
    assert await shown(Stores(reopened), job_id) == before
    reopened.close()
