"""The life of a job in the database, on SQLite and PostgreSQL."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import event, func, select

from backend.errors import DiskFullError, JobNotFoundError, WrongStateError
from backend.storage.database import (
    ChunkStore,
    Database,
    HistoryStore,
    PreparedRecording,
    Stores,
)
from backend.storage.database.tables import Base
from contracts.jobs import JobDescription, JobStatus, JobWarning, Progress, SegmentCorrection, Stage
from contracts.notes import NewNote
from contracts.options import TranscribeOptions
from contracts.problems import Problem
from contracts.report import ReportKind
from contracts.transcription import ChunkTimings
from unit.backend.storage.database.recorded import (
    CHUNK_S,
    MODEL,
    NOISE,
    NOON,
    OWNER,
    changes,
    chunk_result,
    completed,
    new_job,
    queued,
    recognized_chunk,
    running,
    segment,
    segments,
)

LATER = NOON + timedelta(hours=1)
OTHER_MODEL = MODEL.model_copy(update={"revision": "2"})


async def test_a_stored_job_is_read_unchanged(stores: Stores) -> None:
    job = new_job(options=TranscribeOptions(prompt='"Ёж" \0 %s', temperature=0.1))
    await stores.jobs.add(job, OWNER, "blob")
    assert await stores.jobs.get(job.id, OWNER) == job.model_copy(update={"queue_position": 1})
    assert await stores.jobs.status(job.id) is JobStatus.QUEUED
    assert await stores.jobs.owner(job.id) == OWNER


async def test_a_job_added_twice_is_stored_once(stores: Stores) -> None:
    job = new_job()
    await stores.jobs.add(job, OWNER, "blob")
    await stores.runs.begin(job.id, NOON)
    await stores.jobs.add(job, OWNER, "blob")
    assert await stores.jobs.status(job.id) is JobStatus.RUNNING
    assert await stores.waiting.unfinished() == [job.id]


async def test_a_stored_result_is_read_exactly(stores: Stores) -> None:
    job_id = await running(stores, 2)
    assert (await stores.jobs.get(job_id)).result is not None
    first = [segment(0, "Раз, два.", with_words=True), segment(1, "Три")]
    second = [segment(2, "")]
    second[0].words = []
    assert await stores.runs.append(job_id, 0, chunk_result(first, done=1, total=2))
    assert await stores.runs.append(job_id, 1, chunk_result(second, done=2, total=2))
    assert await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=LATER)
    job = await stores.jobs.get(job_id, OWNER)
    assert job.result is not None
    assert job.result.segments == [*first, *second]
    assert job.result.text == "Раз, два. Три"
    assert (job.result.duration_s, job.result.speech_s) == (2 * CHUNK_S, 1.5)
    assert (job.started_at, job.finished_at, job.model) == (NOON, LATER, MODEL)
    assert job.progress == Progress(
        processed_s=2 * CHUNK_S,
        total_s=2 * CHUNK_S,
        chunks_done=2,
        chunks_total=2,
        eta_s=0.0,
        stage=Stage.DONE,
    )
    assert await stores.jobs.get(job_id, with_result=False) == job.model_copy(
        update={"result": None}
    )


async def test_the_number_of_queries_does_not_depend_on_the_length(
    database: Database, stores: Stores
) -> None:
    job_id = await completed(stores, *["раз два три"] * 30, with_words=True)
    statements: list[str] = []
    event.listen(
        database._engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    await stores.jobs.get(job_id)
    assert sum("FROM" in statement for statement in statements) <= 8


async def test_the_report_of_a_result_is_read_in_order(stores: Stores) -> None:
    """The page lists the speech without words from top to bottom."""
    earlier = NOISE.model_copy(update={"start": 0.5, "kind": ReportKind.MUSIC})
    job_id = await completed(stores, "раз", report=[NOISE, earlier])
    result = (await stores.jobs.get(job_id)).result
    assert result is not None
    assert result.report == [earlier, NOISE]


async def test_a_chunk_appended_again_after_a_crash_is_stored_once(stores: Stores) -> None:
    job_id = await running(stores)
    assert await stores.runs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    assert not await stores.runs.append(job_id, 0, chunk_result([segment(0, "другое")], done=1))
    assert await stores.runs.append(job_id, 1, chunk_result([segment(1, "два")], done=2))
    assert [each.text for each in await segments(stores, job_id)] == ["раз", "два"]


async def test_chunks_are_appended_in_order_only(stores: Stores) -> None:
    job_id = await running(stores)
    with pytest.raises(ValueError, match="chunk 1"):
        await stores.runs.append(job_id, 1, chunk_result([segment(0, "два")], done=2))
    assert await segments(stores, job_id) == []


async def test_a_segment_that_a_later_chunk_extends_is_replaced(stores: Stores) -> None:
    job_id = await running(stores)
    await stores.runs.append(job_id, 0, chunk_result([segment(0, "раз", with_words=True)], done=1))
    longer = segment(0, "раз два", with_words=True)
    await stores.runs.append(job_id, 1, chunk_result([longer], done=2))
    assert await segments(stores, job_id) == [longer]


async def test_segments_since_a_change_are_those_that_a_stream_lacks(
    stores: Stores,
) -> None:
    job_id = await running(stores)
    await stores.runs.append(
        job_id, 0, chunk_result([segment(0, "раз"), segment(1, "два")], done=1)
    )
    (first, _), (second, _) = await changes(stores, job_id, 0)
    assert [each.text for _, each in await changes(stores, job_id, first)] == ["два"]
    assert await changes(stores, job_id, second) == []
    longer = segment(1, "два три", with_words=True)
    await stores.runs.append(job_id, 1, chunk_result([longer, segment(2, "четыре")], done=2))
    since = [each for _, each in await changes(stores, job_id, second)]
    assert since == [longer, segment(2, "четыре")], "the extended one, too"
    assert await changes(stores, job_id, 10**17) == []
    assert (await stores.jobs.get_with_changes(job_id, OWNER, 0))[0].progress.chunks_done == 2
    with pytest.raises(JobNotFoundError):
        await stores.jobs.get_with_changes(job_id, "another", 0)


async def test_only_an_unfinished_job_has_its_text_beside_its_revision(stores: Stores) -> None:
    """Otherwise each look at a long transcript reads all of it, although it is cached."""
    job_id = await running(stores)
    await stores.runs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    job, before = await stores.jobs.get_with_revision(job_id, OWNER)
    assert job.result is not None
    assert job.result.text == "раз"
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=LATER)
    await stores.transcripts.edit_segment(job_id, OWNER, 0, SegmentCorrection(text="два"))
    job, after = await stores.jobs.get_with_revision(job_id, OWNER)
    assert job.result is None
    assert after > before
    with pytest.raises(JobNotFoundError):
        await stores.jobs.get_with_revision(job_id, "another")


async def test_a_restarted_job_keeps_its_first_start(stores: Stores) -> None:
    job_id = await queued(stores)
    assert await stores.waiting.n_waiting(OWNER) == 1
    assert await stores.runs.begin(job_id, NOON)
    assert await stores.runs.begin(job_id, LATER)
    assert (await stores.jobs.get(job_id)).started_at == NOON
    assert await stores.waiting.n_waiting(OWNER) == 0


async def test_a_cancelled_job_keeps_its_text_and_gets_no_more(
    stores: Stores,
) -> None:
    job_id = await running(stores)
    await stores.runs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    assert (await stores.jobs.cancel(job_id, OWNER, LATER)).status is JobStatus.CANCELLED
    assert not await stores.runs.append(job_id, 1, chunk_result([segment(1, "два")], done=2))
    assert not await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=LATER)
    assert not await stores.runs.begin(job_id, LATER)
    await stores.runs.set_stage(job_id, Stage.DECODING)
    await stores.runs.set_prepared(job_id, PreparedRecording(1.0, 1.0, 1))
    job = await stores.jobs.get(job_id)
    assert (job.status, job.finished_at) == (JobStatus.CANCELLED, LATER)
    assert (job.progress.stage, job.progress.total_s) == (Stage.TRANSCRIBING, 3 * CHUNK_S)
    assert job.result
    assert job.result.text == "раз"
    with pytest.raises(WrongStateError):
        await stores.jobs.cancel(job_id, OWNER, LATER)


async def test_a_failed_job_has_its_problem(stores: Stores) -> None:
    job_id = await running(stores)
    error = Problem(type="/problems/llm-failed", title="t", status=502, detail="Нет \0 ответа")
    assert await stores.runs.finish(job_id, JobStatus.FAILED, finished_at=LATER, error=error)
    assert (await stores.jobs.get(job_id)).error == error


async def test_a_transcript_of_two_models_has_a_warning(stores: Stores) -> None:
    job_id = await running(stores)
    await stores.runs.append(job_id, 0, chunk_result([], done=1))
    assert (await stores.jobs.get(job_id)).warnings == []
    await stores.runs.append(job_id, 1, chunk_result([], done=2, model=OTHER_MODEL))
    await stores.runs.append(job_id, 2, chunk_result([], done=3))
    assert (await stores.jobs.get(job_id)).warnings == [JobWarning.MODEL_CHANGED]


async def test_another_owner_cannot_read_or_change_a_job(stores: Stores) -> None:
    job_id = await completed(stores, "раз", owner="first")
    for attempt in (
        lambda: stores.jobs.get(job_id, "second"),
        lambda: stores.jobs.blob(job_id, "second"),
        lambda: stores.jobs.cancel(job_id, "second", LATER),
        lambda: stores.transcripts.edit_segment(job_id, "second", 0, SegmentCorrection(text="два")),
        lambda: stores.jobs.delete(job_id, "second"),
    ):
        with pytest.raises(JobNotFoundError):
            await attempt()
    assert (await stores.jobs.get(job_id, "first")).result


@pytest.mark.parametrize("job_id", ["", "\0", "нет", "' OR 1=1 --", "\ud800", "a" * 10_000])
async def test_an_unknown_id_is_not_found(stores: Stores, job_id: str) -> None:
    await queued(stores)
    for attempt in (stores.jobs.get, stores.jobs.status, stores.jobs.delete, stores.jobs.blob):
        with pytest.raises(JobNotFoundError):
            await attempt(job_id)


async def test_a_correction_keeps_the_model_s_text_and_can_be_undone(
    stores: Stores,
) -> None:
    job_id = await completed(stores, "превед мир", "два", with_words=True)
    edited = await stores.transcripts.edit_segment(
        job_id, OWNER, 0, SegmentCorrection(text="привет,\0 мир")
    )
    assert (edited.text, edited.original_text) == ("привет, мир", "превед мир")
    await stores.transcripts.edit_segment(job_id, OWNER, 0, SegmentCorrection(text="Привет, мир!"))
    job = await stores.jobs.get(job_id)
    assert job.result
    assert job.result.text == "Привет, мир! два"
    assert job.result.segments[0].original_text == "превед мир"
    assert job.result.segments[1].original_text is None
    assert (
        await stores.transcripts.edit_segment(
            job_id, OWNER, 0, SegmentCorrection(text="превед мир")
        )
    ).original_text is None


async def test_each_change_of_a_finished_job_raises_its_revision(
    stores: Stores, history: HistoryStore
) -> None:
    job_id = await completed(stores, "раз")
    revisions = [await stores.jobs.revision(job_id, OWNER)]
    for change in (
        lambda: stores.transcripts.edit_segment(job_id, OWNER, 0, SegmentCorrection(text="два")),
        lambda: stores.transcripts.edit_segment(job_id, OWNER, 0, SegmentCorrection(text="три")),
        lambda: stores.transcripts.edit_segment(job_id, OWNER, 0, SegmentCorrection(text="раз")),
        lambda: stores.retention.drop_audio(job_id),
    ):
        await change()
        revisions.append(await stores.jobs.revision(job_id))
    assert len(set(revisions)) == 5
    with pytest.raises(JobNotFoundError):
        await stores.jobs.revision(job_id, "another")


@pytest.mark.parametrize("index", [-1, 1, 2**31, 10**30])
async def test_a_missing_segment_cannot_be_corrected(stores: Stores, index: int) -> None:
    job_id = await completed(stores, "раз")
    with pytest.raises(JobNotFoundError):
        await stores.transcripts.edit_segment(job_id, OWNER, index, SegmentCorrection(text="два"))


def n_rows(database: Database) -> dict[str, int]:
    """Count the rows of each table; those of accounts stay when a job is deleted."""
    with database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name not in ("api_keys", "audit_entries", "daily_usage")
        }


async def test_deleting_a_job_removes_its_rows_and_no_others(
    database: Database, stores: Stores, chunks: ChunkStore
) -> None:
    async def one(blob: str) -> str:
        texts = ("раз", "два")
        job_id = await completed(stores, *texts, with_words=True, report=[NOISE], blob=blob)
        await stores.transcripts.edit_segment(
            job_id, OWNER, 0, SegmentCorrection(text="три", speaker="S1")
        )
        await stores.speakers.name(job_id, OWNER, "S1", "Анна")
        await stores.jobs.describe(job_id, OWNER, JobDescription(title="Раз", tags=["два"]))
        await chunks.put(OWNER, blob, job_id, recognized_chunk("раз"))
        await stores.voices.suggest(job_id, {"S1": (voice.id, 0.9)})
        await stores.shares.add(job_id, OWNER, f"digest of {blob}", now=NOON, expires_at=LATER)
        await stores.notes.add(job_id, OWNER, NewNote(time=1.0, text="спросить"))
        return job_id

    voice_print = np.array([0.6, -0.8], np.float32)
    voice = await stores.voices.put(OWNER, "Пётр", voice_print, speech_s=20.0, created_at=NOON)
    await stores.glossaries.put(OWNER, "Обломов")
    await stores.backends.add("here", "1")
    await one("kept")
    before = n_rows(database)
    assert all(before.values())
    job_id = await one("deleted")
    assert (await stores.jobs.delete(job_id, OWNER)).blob == "deleted"
    assert n_rows(database) == before
    with pytest.raises(JobNotFoundError):
        await stores.jobs.delete(job_id, OWNER)


async def test_a_job_deleted_while_it_runs_stores_nothing(
    database: Database, stores: Stores, chunks: ChunkStore
) -> None:
    job_id = await running(stores)
    await stores.jobs.delete(job_id)
    assert not await stores.runs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    assert not await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=LATER)
    assert not await stores.runs.begin(job_id, NOON)
    await chunks.put(OWNER, "key", job_id, recognized_chunk("раз"))
    assert not any(n_rows(database).values())


async def test_a_recording_is_deleted_with_its_last_job(stores: Stores) -> None:
    first, second = [await completed(stores, "раз", blob="shared") for _ in range(2)]
    assert (await stores.jobs.delete(first)).blob is None
    assert await stores.jobs.blob(second) == "shared"
    assert (await stores.jobs.delete(second)).blob == "shared"


async def test_the_rtf_is_of_inference_and_weighted_by_audio(stores: Stores) -> None:
    """A clip that waited for the llm must not announce an hour for a minute's work."""
    assert await stores.jobs.recent_rtf(MODEL.name) is None
    clip = await completed(stores, "раз", finished_at=NOON + timedelta(hours=1))
    await put_chunks(stores, clip, inference_s=60.0, queue_s=3000.0)
    assert await stores.jobs.recent_rtf(MODEL.name) is None, "20 seconds do not fill a window"
    long = await completed(stores, *["раз"] * 9, finished_at=NOON + timedelta(hours=1))
    await put_chunks(stores, long, inference_s=2.0, n_chunks=9, queue_s=3000.0)
    assert await stores.jobs.recent_rtf(MODEL.name) == pytest.approx(2 / CHUNK_S)
    short = await completed(stores, "раз", "два")
    await put_chunks(stores, short, inference_s=12.0)
    expected = (9 * 2 + 12) / (10 * CHUNK_S)
    assert await stores.jobs.recent_rtf(MODEL.name) == pytest.approx(expected)
    assert await stores.jobs.recent_rtf("another") is None


async def test_a_chunk_of_a_batch_takes_its_share_of_the_time(stores: Stores) -> None:
    job_id = await completed(stores, "раз", "два")
    await put_chunks(stores, job_id, inference_s=8.0, batch_size=4)
    assert await stores.jobs.recent_rtf(MODEL.name) == pytest.approx(2 / CHUNK_S)


async def put_chunks(
    stores: Stores, job_id: str, n_chunks: int = 1, queue_s: float = 0.0, **timings: float
) -> None:
    for index in range(n_chunks):
        timed = ChunkTimings.model_validate({"queue_s": queue_s, "batch_size": 1} | timings)
        chunk = recognized_chunk("раз").model_copy(update={"timings": timed})
        await stores.chunks.put(OWNER, f"{job_id} {index}", job_id, chunk)


async def test_a_full_disk_is_reported_and_leaves_the_data(sqlite: Database) -> None:
    stores = Stores(sqlite)
    job_id = await running(stores)

    def stop_growing(connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(sqlite._engine, "checkout", stop_growing)
    long = [segment(index, "раз " * 100, with_words=True) for index in range(100)]
    with pytest.raises(DiskFullError):
        await stores.runs.append(job_id, 0, chunk_result(long, done=1))
    assert await segments(stores, job_id) == []
    assert (await stores.jobs.get(job_id)).progress.chunks_done == 0
