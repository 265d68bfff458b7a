"""Summaries of transcripts: if these fail, the history says something else than the transcript."""

from backend.storage.database import HistoryStore, Stores
from contracts.jobs import JobSummary, SegmentCorrection
from unit.backend.storage.database.recorded import OWNER, completed, running
from unit.backend.storage.database.test_speakers import conversation


async def _summary(history: HistoryStore) -> JobSummary | None:
    return (await history.page(OWNER)).items[0].summary


async def test_a_summary_counts_words_and_doubts_and_follows_corrections(
    stores: Stores, history: HistoryStore
) -> None:
    job_id = await completed(stores, "", "Добрый день коллеги", "ещё одно", with_words=True)
    expected = JobSummary(first_line="Добрый день коллеги", n_words=5, n_speakers=0, n_unsure=2)
    assert await _summary(history) == expected
    correction = SegmentCorrection(text="Здравствуйте, коллеги")
    await stores.transcripts.edit_segment(job_id, OWNER, 1, correction)
    assert await _summary(history) == expected.model_copy(
        update={"first_line": "Здравствуйте, коллеги", "n_words": 4, "n_unsure": 1}
    )


async def test_merged_speakers_count_once(stores: Stores, history: HistoryStore) -> None:
    job_id = await conversation(stores)
    summary = await _summary(history)
    assert summary
    assert summary.n_speakers == 3
    await stores.speakers.name(job_id, OWNER, "S2", "S1")
    merged = await _summary(history)
    assert merged
    assert merged.n_speakers == 2


async def test_an_unfinished_job_has_no_summary(stores: Stores, history: HistoryStore) -> None:
    await running(stores)
    assert await _summary(history) is None
