"""Titles and tags, on SQLite and PostgreSQL."""

from datetime import timedelta

import pytest

from backend.errors import JobNotFoundError
from backend.storage.database import HistoryStore, Stores
from contracts.jobs import JobDescription
from unit.backend.storage.database.recorded import NOON, OWNER, completed, queued


async def ids(history: HistoryStore, **filters: object) -> list[str]:
    return [job.id for job in (await history.page(OWNER, **filters)).items]


async def tag_counts(history: HistoryStore, owner: str = OWNER) -> dict[str, int]:
    return {count.tag: count.n_jobs for count in await history.tags(owner)}


async def test_missing_fields_stay_and_null_removes_the_title(stores: Stores) -> None:
    job_id = await queued(stores)
    job = await stores.jobs.describe(
        job_id, OWNER, JobDescription(title="Совет", tags=["б", "А", "в"])
    )
    assert (job.title, job.tags) == ("Совет", ["А", "б", "в"])
    job = await stores.jobs.describe(job_id, OWNER, JobDescription(tags=["г"]))
    assert (job.title, job.tags) == ("Совет", ["г"])
    job = await stores.jobs.describe(job_id, OWNER, JobDescription(title=None))
    assert (job.title, job.tags) == (None, ["г"])
    await stores.jobs.describe(job_id, OWNER, JobDescription(title=" ", tags=[]))
    job = await stores.jobs.get(job_id)
    assert (job.title, job.tags) == (None, [])


async def test_another_owner_cannot_describe_a_job(stores: Stores) -> None:
    job_id = await queued(stores)
    with pytest.raises(JobNotFoundError):
        await stores.jobs.describe(job_id, "another", JobDescription(title="Моё"))
    assert (await stores.jobs.get(job_id)).title is None


async def test_a_description_invalidates_the_cached_result(stores: Stores) -> None:
    """Otherwise a reload would show the old title for an hour."""
    job_id = await completed(stores, "раз")
    revision = await stores.jobs.revision(job_id)
    await stores.jobs.describe(job_id, OWNER, JobDescription(title="Совет"))
    assert await stores.jobs.revision(job_id) > revision


async def test_lists_show_titles_tags_and_the_language(
    stores: Stores, history: HistoryStore
) -> None:
    described, plain = await completed(stores, "раз"), await queued(stores)
    await stores.jobs.describe(described, OWNER, JobDescription(title="Совет", tags=["б", "а"]))
    first, second = (await history.page(OWNER)).items
    assert (first.id, first.title, first.tags, first.language) == (plain, None, [], None)
    assert (second.title, second.tags, second.language) == ("Совет", ["а", "б"], "ru")
    assert second.result is None


async def test_tags_are_counted_and_filter_the_history(
    stores: Stores, history: HistoryStore
) -> None:
    first, second, foreign = (
        await queued(stores),
        await queued(stores),
        await queued(stores, owner="another"),
    )
    await stores.jobs.describe(first, OWNER, JobDescription(tags=["интервью", "Архив"]))
    await stores.jobs.describe(second, OWNER, JobDescription(tags=["интервью", "%"]))
    await stores.jobs.describe(foreign, "another", JobDescription(tags=["интервью", "чужое"]))
    assert list((await tag_counts(history)).items()) == [("%", 1), ("Архив", 1), ("интервью", 2)]
    assert await ids(history, tag="интервью") == [second, first]
    assert await ids(history, tag="%") == [second], "a tag is not a pattern"
    assert await ids(history, tag="чужое") == []
    await stores.jobs.delete(second)
    assert await tag_counts(history) == {"Архив": 1, "интервью": 1}


async def test_a_period_includes_its_start_and_excludes_its_end(
    stores: Stores, history: HistoryStore
) -> None:
    hour = timedelta(hours=1)
    first, second, third = [await queued(stores, created_at=NOON + n * hour) for n in range(3)]
    assert await ids(history, since=NOON + hour) == [third, second]
    assert await ids(history, until=NOON + hour) == [first]
    assert await ids(history, since=NOON + hour, until=NOON + 2 * hour) == [second]


async def test_a_search_finds_words_of_the_title_in_any_form(
    stores: Stores, history: HistoryStore
) -> None:
    titled, other = await completed(stores, "Раз, два."), await completed(stores, "Раз, три.")
    await stores.jobs.describe(titled, OWNER, JobDescription(title="Важные встречи"))
    assert await ids(history, query="встреча") == [titled]
    assert await ids(history, query="встреча два") == [titled], (
        "one word in the title, one in the text"
    )
    assert await ids(history, query="встреча три") == []
    assert await ids(history, query="реч") == [], "part of a word does not match"
    assert await ids(history, query="раз") == [other, titled]
    (job,) = (await history.page(OWNER, query="встреча")).items
    assert (job.snippet, job.hit) == (None, None)
    await stores.jobs.describe(titled, OWNER, JobDescription(title=None))
    assert await ids(history, query="встреча") == []
