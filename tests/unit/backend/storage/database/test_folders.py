"""Folders, on SQLite and PostgreSQL: if these fail, a recording is lost from its folder."""

import pytest

from backend.errors import JobNotFoundError
from backend.storage.database import HistoryStore, Stores
from contracts.jobs import JobDescription
from unit.backend.storage.database.recorded import OWNER, queued


async def moved(stores: Stores, *folders: str | None, owner: str = OWNER) -> list[str]:
    """Return the ids of new jobs, one in each of the folders."""
    ids = [await queued(stores, owner=owner) for _ in folders]
    for job_id, folder in zip(ids, folders, strict=True):
        await stores.jobs.describe(job_id, owner, JobDescription(folder=folder))
    return ids


async def counts(stores: Stores, owner: str = OWNER) -> list[tuple[str, int]]:
    return [(each.folder, each.n_jobs) for each in await stores.folders.list(owner)]


async def test_folders_are_counted_and_filter_the_history(
    stores: Stores, history: HistoryStore
) -> None:
    first, second, third, _ = await moved(stores, "суд", "Архив", "суд", None)
    await moved(stores, "суд", "чужая", owner="another")
    assert await counts(stores) == [("Архив", 1), ("суд", 2)]
    inside = (await history.page(OWNER, folder="суд")).items
    assert [(job.id, job.folder) for job in inside] == [(third, "суд"), (first, "суд")]
    await stores.jobs.describe(first, OWNER, JobDescription(tags=["а"]))
    assert (await stores.jobs.get(first)).folder == "суд", "what is not given stays"
    await stores.jobs.describe(first, OWNER, JobDescription(folder=" "))
    await stores.jobs.delete(second)
    assert await counts(stores) == [("суд", 1)]


async def test_a_folder_is_renamed_joined_with_another_and_deleted_without_its_jobs(
    stores: Stores,
) -> None:
    ids = await moved(stores, "суд", "суд", "Архив")
    await moved(stores, "суд", owner="another")
    await stores.folders.move_all(OWNER, "суд", "Суд / 1")
    assert await counts(stores) == [("Архив", 1), ("Суд / 1", 2)]
    await stores.folders.move_all(OWNER, "Архив", "Суд / 1")
    assert await counts(stores) == [("Суд / 1", 3)]
    await stores.folders.move_all(OWNER, "Суд / 1", None)
    assert await counts(stores) == []
    assert [(await stores.jobs.get(job_id)).folder for job_id in ids] == [None] * 3
    assert await counts(stores, "another") == [("суд", 1)]
    with pytest.raises(JobNotFoundError):
        await stores.folders.move_all(OWNER, "суд", "чужая")
