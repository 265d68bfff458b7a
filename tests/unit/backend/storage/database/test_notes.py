"""Notes on moments: if these fail, one is lost, or shown to somebody else."""

import pytest

from backend.errors import JobNotFoundError, WrongStateError
from backend.storage.database import HistoryStore, Stores
from contracts.jobs import JobDescription
from contracts.notes import MAX_NOTES, NewNote
from unit.backend.storage.database.recorded import OWNER, completed, queued, running


async def texts_of(stores: Stores, job_id: str) -> list[str]:
    return [note.text for note in await stores.notes.list(job_id, OWNER)]


async def test_notes_are_in_order_of_time_and_can_be_changed_and_deleted(stores: Stores) -> None:
    job_id = await running(stores)
    late = await stores.notes.add(job_id, OWNER, NewNote(time=7.5, text=" проверить\n имя "))
    await stores.notes.add(job_id, OWNER, NewNote(time=0, text="начало"))
    assert await texts_of(stores, job_id) == ["начало", "проверить имя"]
    changed = await stores.notes.change(job_id, OWNER, late.id, "имя верное")
    assert (changed.id, changed.time, changed.text) == (late.id, 7.5, "имя верное")
    await stores.notes.remove(job_id, OWNER, late.id)
    assert await texts_of(stores, job_id) == ["начало"]


async def test_a_note_belongs_to_one_transcript_of_one_owner(stores: Stores) -> None:
    job_id, other = await running(stores), await running(stores, 2)
    note = await stores.notes.add(job_id, OWNER, NewNote(time=1, text="моё"))
    for call in (
        stores.notes.change(other, OWNER, note.id, "чужое"),
        stores.notes.change(job_id, "somebody", note.id, "чужое"),
        stores.notes.remove(other, OWNER, note.id),
        stores.notes.remove(job_id, "somebody", note.id),
        stores.notes.list(job_id, "somebody"),
        stores.notes.add(job_id, "somebody", NewNote(time=1, text="чужое")),
    ):
        with pytest.raises(JobNotFoundError):
            await call
    assert await texts_of(stores, job_id) == ["моё"]
    assert await texts_of(stores, other) == []


async def test_the_notes_are_deleted_with_their_transcript(stores: Stores) -> None:
    """Else the words of a note outlive a transcript that its owner deleted."""
    job_id, kept = await completed(stores, "раз"), await completed(stores, "два")
    for each in (job_id, kept):
        await stores.notes.add(each, OWNER, NewNote(time=1, text="секрет"))
    await stores.jobs.delete(job_id, OWNER)
    assert await texts_of(stores, kept) == ["секрет"]
    with stores.notes._database.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT count(*) FROM notes")
        assert rows.scalar_one() == 1


async def test_the_number_of_notes_is_limited(stores: Stores) -> None:
    job_id = await queued(stores)
    for number in range(MAX_NOTES):
        await stores.notes.add(job_id, OWNER, NewNote(time=number, text="а"))
    with pytest.raises(WrongStateError):
        await stores.notes.add(job_id, OWNER, NewNote(time=0, text="лишняя"))


async def test_a_search_finds_notes_in_any_form_and_says_where(
    stores: Stores, history: HistoryStore
) -> None:
    noted, other = await completed(stores, "Раз, два."), await completed(stores, "Раз, три.")
    note = await stores.notes.add(noted, OWNER, NewNote(time=4, text="Спросить о договорах"))
    await stores.notes.add(other, OWNER, NewNote(time=4, text="Пусто"))

    async def found(query: str) -> list[str]:
        return [job.id for job in (await history.page(OWNER, query=query)).items]

    assert await found("договор") == [noted]
    assert await found("договор два") == [noted], "one word in the note, one in the text"
    assert await found("договор три") == []
    assert await found("раз") == [other, noted]
    (job,) = (await history.page(OWNER, query="договор")).items
    (hit,) = job.note_hits
    assert (hit.note, hit.time, hit.snippet) == (note.id, 4, "Спросить о договорах")
    assert [hit.snippet[start:end] for start, end in hit.marks] == ["договорах"]
    await stores.notes.change(noted, OWNER, note.id, "Ничего")
    assert await found("договор") == []


async def test_a_repeated_job_has_the_description_and_the_notes(stores: Stores) -> None:
    old, new = await completed(stores, "раз"), await queued(stores)
    await stores.jobs.describe(old, OWNER, JobDescription(title="Совет", tags=["а"], folder="Дела"))
    await stores.notes.add(old, OWNER, NewNote(time=3, text="важно"))
    job = await stores.jobs.copy_description(old, new, OWNER)
    assert (job.id, job.title, job.tags, job.folder) == (new, "Совет", ["а"], "Дела")
    await stores.jobs.delete(old, OWNER)
    assert await texts_of(stores, new) == ["важно"]
    with pytest.raises(JobNotFoundError):
        await stores.jobs.copy_description(new, new, "somebody")
