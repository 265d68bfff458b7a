"""The life of a job in the database, on SQLite and PostgreSQL."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from backend.errors import DiskFullError, JobNotFoundError, WrongStateError
from backend.storage.database import (
    ChunkStore,
    Database,
    HistoryStore,
    Prepared,
    TranscriptionStore,
)
from backend.storage.database.tables import Base
from contracts.jobs import JobDescription, JobStatus, JobWarning, Progress, Stage
from contracts.problems import Problem
from contracts.transcription import TranscribeOptions
from unit.backend.database.recorded import (
    CHUNK_S,
    MODEL,
    NOON,
    OWNER,
    chunk_result,
    chunk_transcript,
    completed,
    new_job,
    queued,
    running,
    segment,
    segments,
)

LATER = NOON + timedelta(hours=1)
OTHER_MODEL = MODEL.model_copy(update={"revision": "2"})


async def test_a_job_comes_back_as_it_was_added(jobs: TranscriptionStore) -> None:
    job = new_job(options=TranscribeOptions(prompt='"Ёж" \0 %s', temperature=0.1))
    await jobs.add(job, OWNER, Path("blob"))
    assert await jobs.find(job.id, OWNER) == job.model_copy(update={"queue_position": 1})
    assert await jobs.status(job.id) is JobStatus.QUEUED
    assert await jobs.owner(job.id) == OWNER


async def test_a_job_added_twice_by_a_repeated_step_is_there_once(jobs: TranscriptionStore) -> None:
    job = new_job()
    await jobs.add(job, OWNER, Path("blob"))
    await jobs.start(job.id, NOON)
    await jobs.add(job, OWNER, Path("blob"))
    assert await jobs.status(job.id) is JobStatus.RUNNING
    assert await jobs.unfinished() == [job.id]


async def test_a_result_comes_back_to_the_letter_and_to_the_digit(jobs: TranscriptionStore) -> None:
    job_id = await running(jobs, 2)
    assert (await jobs.find(job_id)).result is not None
    first = [segment(0, "Раз, два.", with_words=True), segment(1, "Три")]
    second = [segment(2, "")]
    second[0].words = []
    assert await jobs.append(job_id, 0, chunk_result(first, done=1, total=2))
    assert await jobs.append(job_id, 1, chunk_result(second, done=2, total=2))
    assert await jobs.finish(job_id, JobStatus.COMPLETED, finished_at=LATER)
    job = await jobs.find(job_id, OWNER)
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
    assert await jobs.find(job_id, with_result=False) == job.model_copy(update={"result": None})


async def test_finding_a_job_takes_as_many_queries_however_long_it_is(
    database: Database, jobs: TranscriptionStore
) -> None:
    job_id = await completed(jobs, *["раз два три"] * 30, with_words=True)
    statements: list[str] = []
    event.listen(
        database._engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    await jobs.find(job_id)
    assert sum("FROM" in statement for statement in statements) <= 4


async def test_a_chunk_appended_again_after_a_crash_is_there_once(jobs: TranscriptionStore) -> None:
    job_id = await running(jobs)
    assert await jobs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    assert not await jobs.append(job_id, 0, chunk_result([segment(0, "другое")], done=1))
    assert await jobs.append(job_id, 1, chunk_result([segment(1, "два")], done=2))
    assert [each.text for each in await segments(jobs, job_id)] == ["раз", "два"]


async def test_a_missing_chunk_is_never_passed_over(jobs: TranscriptionStore) -> None:
    job_id = await running(jobs)
    with pytest.raises(ValueError, match="chunk 1"):
        await jobs.append(job_id, 1, chunk_result([segment(0, "два")], done=2))
    assert await segments(jobs, job_id) == []


async def test_a_segment_that_a_later_chunk_lengthens_is_replaced(jobs: TranscriptionStore) -> None:
    job_id = await running(jobs)
    await jobs.append(job_id, 0, chunk_result([segment(0, "раз", with_words=True)], done=1))
    longer = segment(0, "раз два", with_words=True)
    await jobs.append(job_id, 1, chunk_result([longer], done=2))
    assert await segments(jobs, job_id) == [longer]


async def test_segments_since_a_change_are_those_an_event_stream_lacks(
    jobs: TranscriptionStore,
) -> None:
    job_id = await running(jobs)
    await jobs.append(job_id, 0, chunk_result([segment(0, "раз"), segment(1, "два")], done=1))
    (first, _), (second, _) = await jobs.segments_since(job_id, 0)
    assert [each.text for _, each in await jobs.segments_since(job_id, first)] == ["два"]
    assert await jobs.segments_since(job_id, second) == []
    longer = segment(1, "два три", with_words=True)
    await jobs.append(job_id, 1, chunk_result([longer, segment(2, "четыре")], done=2))
    since = [each for _, each in await jobs.segments_since(job_id, second)]
    assert since == [longer, segment(2, "четыре")], "the one that has grown, too"
    assert await jobs.segments_since(job_id, 10**17) == []


async def test_a_job_goes_on_after_a_restart_with_its_first_start(jobs: TranscriptionStore) -> None:
    job_id = await queued(jobs)
    assert await jobs.n_waiting() == 1
    assert await jobs.start(job_id, NOON)
    assert await jobs.start(job_id, LATER)
    assert (await jobs.find(job_id)).started_at == NOON
    assert await jobs.n_waiting() == 0


async def test_what_was_recognised_before_a_cancel_is_kept_and_nothing_comes_after(
    jobs: TranscriptionStore,
) -> None:
    job_id = await running(jobs)
    await jobs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    assert (await jobs.cancel(job_id, OWNER, LATER)).status is JobStatus.CANCELLED
    assert not await jobs.append(job_id, 1, chunk_result([segment(1, "два")], done=2))
    assert not await jobs.finish(job_id, JobStatus.COMPLETED, finished_at=LATER)
    assert not await jobs.start(job_id, LATER)
    await jobs.note_stage(job_id, Stage.DECODING)
    await jobs.note_prepared(job_id, Prepared(1.0, 1.0, 1))
    job = await jobs.find(job_id)
    assert (job.status, job.finished_at) == (JobStatus.CANCELLED, LATER)
    assert (job.progress.stage, job.progress.total_s) == (Stage.TRANSCRIBING, 3 * CHUNK_S)
    assert job.result
    assert job.result.text == "раз"
    with pytest.raises(WrongStateError):
        await jobs.cancel(job_id, OWNER, LATER)


async def test_a_failure_tells_its_reason(jobs: TranscriptionStore) -> None:
    job_id = await running(jobs)
    error = Problem(type="/problems/llm-failed", title="t", status=502, detail="Нет \0 ответа")
    assert await jobs.finish(job_id, JobStatus.FAILED, finished_at=LATER, error=error)
    assert (await jobs.find(job_id)).error == error


async def test_two_models_in_one_transcript_are_told(jobs: TranscriptionStore) -> None:
    job_id = await running(jobs)
    await jobs.append(job_id, 0, chunk_result([], done=1))
    assert (await jobs.find(job_id)).warnings == []
    await jobs.append(job_id, 1, chunk_result([], done=2, model=OTHER_MODEL))
    await jobs.append(job_id, 2, chunk_result([], done=3))
    assert (await jobs.find(job_id)).warnings == [JobWarning.MODEL_CHANGED]


async def test_another_owner_neither_sees_nor_changes_a_job(jobs: TranscriptionStore) -> None:
    job_id = await completed(jobs, "раз", owner="first")
    for attempt in (
        lambda: jobs.find(job_id, "second"),
        lambda: jobs.blob(job_id, "second"),
        lambda: jobs.cancel(job_id, "second", LATER),
        lambda: jobs.edit_segment(job_id, "second", 0, "два"),
        lambda: jobs.delete(job_id, "second"),
    ):
        with pytest.raises(JobNotFoundError):
            await attempt()
    assert (await jobs.find(job_id, "first")).result


@pytest.mark.parametrize("job_id", ["", "\0", "нет", "' OR 1=1 --", "\ud800", "a" * 10_000])
async def test_an_id_that_nobody_gave_is_not_found(jobs: TranscriptionStore, job_id: str) -> None:
    await queued(jobs)
    for attempt in (jobs.find, jobs.status, jobs.delete, jobs.blob):
        with pytest.raises(JobNotFoundError):
            await attempt(job_id)


async def test_a_correction_keeps_the_model_s_text_until_it_is_taken_back(
    jobs: TranscriptionStore,
) -> None:
    job_id = await completed(jobs, "превед мир", "два", with_words=True)
    edited = await jobs.edit_segment(job_id, OWNER, 0, "привет,\0 мир")
    assert (edited.text, edited.original_text) == ("привет, мир", "превед мир")
    await jobs.edit_segment(job_id, OWNER, 0, "Привет, мир!")
    job = await jobs.find(job_id)
    assert job.result
    assert job.result.text == "Привет, мир! два"
    assert job.result.segments[0].original_text == "превед мир"
    assert job.result.segments[1].original_text is None
    assert (await jobs.edit_segment(job_id, OWNER, 0, "превед мир")).original_text is None


async def test_each_change_of_a_finished_job_shows_in_its_revision(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    job_id = await completed(jobs, "раз")
    revisions = [await jobs.revision(job_id, OWNER)]
    for change in (
        lambda: jobs.edit_segment(job_id, OWNER, 0, "два"),
        lambda: jobs.edit_segment(job_id, OWNER, 0, "три"),
        lambda: jobs.edit_segment(job_id, OWNER, 0, "раз"),
        lambda: history.drop_audio(job_id),
    ):
        await change()
        revisions.append(await jobs.revision(job_id))
    assert len(set(revisions)) == 5
    with pytest.raises(JobNotFoundError):
        await jobs.revision(job_id, "another")


@pytest.mark.parametrize("index", [-1, 1, 2**31, 10**30])
async def test_a_segment_that_is_not_there_cannot_be_corrected(
    jobs: TranscriptionStore, index: int
) -> None:
    job_id = await completed(jobs, "раз")
    with pytest.raises(JobNotFoundError):
        await jobs.edit_segment(job_id, OWNER, index, "два")


def n_rows(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


async def test_deleting_leaves_no_row_of_a_job_and_all_of_another(
    database: Database, jobs: TranscriptionStore, chunks: ChunkStore, tmp_path: Path
) -> None:
    async def one(blob: Path) -> str:
        job_id = await completed(jobs, "раз", "два", with_words=True, blob=blob)
        await jobs.edit_segment(job_id, OWNER, 0, "три")
        await jobs.describe(job_id, OWNER, JobDescription(title="Раз", tags=["два"]))
        await chunks.put(OWNER, blob.name, job_id, chunk_transcript("раз"))
        return job_id

    await one(tmp_path / "kept")
    before = n_rows(database)
    assert all(before.values())
    job_id = await one(tmp_path / "deleted")
    assert (await jobs.delete(job_id, OWNER)).blob == tmp_path / "deleted"
    assert n_rows(database) == before
    with pytest.raises(JobNotFoundError):
        await jobs.delete(job_id, OWNER)


async def test_a_job_deleted_while_it_runs_takes_nothing_more(
    database: Database, jobs: TranscriptionStore, chunks: ChunkStore
) -> None:
    job_id = await running(jobs)
    await jobs.delete(job_id)
    assert not await jobs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
    assert not await jobs.finish(job_id, JobStatus.COMPLETED, finished_at=LATER)
    assert not await jobs.start(job_id, NOON)
    await chunks.put(OWNER, "key", job_id, chunk_transcript("раз"))
    assert not any(n_rows(database).values())


async def test_a_recording_is_given_up_with_the_last_job_that_has_it(
    jobs: TranscriptionStore, tmp_path: Path
) -> None:
    first, second = [await completed(jobs, "раз", blob=tmp_path / "shared") for _ in range(2)]
    assert (await jobs.delete(first)).blob is None
    assert await jobs.blob(second) == tmp_path / "shared"
    assert (await jobs.delete(second)).blob == tmp_path / "shared"


async def test_a_recording_is_found_after_the_data_folder_has_moved(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    database = Database.open(url, tmp_path / "before")
    job_id = await queued(TranscriptionStore(database), blob=tmp_path / "before" / "blobs" / "1")
    elsewhere = await queued(TranscriptionStore(database), blob=tmp_path / "elsewhere")
    database.close()
    moved = Database.open(url, tmp_path / "after")
    assert await TranscriptionStore(moved).blob(job_id) == tmp_path / "after" / "blobs" / "1"
    assert await TranscriptionStore(moved).blob(elsewhere) == tmp_path / "elsewhere"
    moved.close()


async def test_speed_is_the_median_of_what_was_really_transcribed(jobs: TranscriptionStore) -> None:
    assert await jobs.recent_speed(MODEL.name) is None
    for seconds in (2, 4, 20):
        await completed(jobs, "раз", finished_at=NOON + timedelta(seconds=seconds))
    await completed(jobs, "раз", finished_at=NOON - timedelta(seconds=60))  # the clock was set back
    copied = await running(jobs)
    assert await jobs.copy_result(
        await completed(jobs, "раз", finished_at=NOON + timedelta(seconds=4)), copied
    )
    await jobs.finish(copied, JobStatus.COMPLETED, finished_at=NOON + timedelta(seconds=900))
    assert await jobs.recent_speed(MODEL.name) == pytest.approx(4 / CHUNK_S)
    assert await jobs.recent_speed("another") is None


async def test_a_full_disk_is_told_and_leaves_what_was_there(sqlite: Database) -> None:
    jobs = TranscriptionStore(sqlite)
    job_id = await running(jobs)

    def stop_growing(connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(sqlite._engine, "checkout", stop_growing)
    long = [segment(index, "раз " * 100, with_words=True) for index in range(100)]
    with pytest.raises(DiskFullError):
        await jobs.append(job_id, 0, chunk_result(long, done=1))
    assert await segments(jobs, job_id) == []
    assert (await jobs.find(job_id)).progress.chunks_done == 0
