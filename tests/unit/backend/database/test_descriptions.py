"""Titles and tags, on SQLite and PostgreSQL."""

from datetime import timedelta

import pytest

from backend.errors import JobNotFoundError
from backend.storage.database import HistoryStore, TranscriptionStore
from contracts.jobs import JobDescription
from unit.backend.database.recorded import NOON, OWNER, completed, queued


def ids(history: HistoryStore, **filters: object) -> list[str]:
    return [job.id for job in history.page(OWNER, **filters).items]


def tag_counts(history: HistoryStore, owner: str = OWNER) -> dict[str, int]:
    return {count.tag: count.n_jobs for count in history.tags(owner)}


def test_what_is_left_out_stays_and_null_takes_it_back(jobs: TranscriptionStore) -> None:
    job_id = queued(jobs)
    job = jobs.describe(job_id, OWNER, JobDescription(title="Совет", tags=["б", "А", "в"]))
    assert (job.title, job.tags) == ("Совет", ["А", "б", "в"])
    job = jobs.describe(job_id, OWNER, JobDescription(tags=["г"]))
    assert (job.title, job.tags) == ("Совет", ["г"])
    job = jobs.describe(job_id, OWNER, JobDescription(title=None))
    assert (job.title, job.tags) == (None, ["г"])
    jobs.describe(job_id, OWNER, JobDescription(title=" ", tags=[]))
    job = jobs.find(job_id)
    assert (job.title, job.tags) == (None, [])


def test_nobody_describes_the_job_of_another(jobs: TranscriptionStore) -> None:
    job_id = queued(jobs)
    with pytest.raises(JobNotFoundError):
        jobs.describe(job_id, "another", JobDescription(title="Моё"))
    assert jobs.find(job_id).title is None


def test_a_description_makes_what_is_cached_of_a_job_old(jobs: TranscriptionStore) -> None:
    """Else a reload would show the old title for an hour."""
    job_id = completed(jobs, "раз")
    revision = jobs.revision(job_id)
    jobs.describe(job_id, OWNER, JobDescription(title="Совет"))
    assert jobs.revision(job_id) > revision


def test_lists_show_titles_tags_and_the_language(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    described, plain = completed(jobs, "раз"), queued(jobs)
    jobs.describe(described, OWNER, JobDescription(title="Совет", tags=["б", "а"]))
    first, second = history.page(OWNER).items
    assert (first.id, first.title, first.tags, first.language) == (plain, None, [], None)
    assert (second.title, second.tags, second.language) == ("Совет", ["а", "б"], "ru")
    assert second.result is None


def test_tags_are_counted_and_select(jobs: TranscriptionStore, history: HistoryStore) -> None:
    first, second, foreign = queued(jobs), queued(jobs), queued(jobs, owner="another")
    jobs.describe(first, OWNER, JobDescription(tags=["интервью", "Архив"]))
    jobs.describe(second, OWNER, JobDescription(tags=["интервью", "%"]))
    jobs.describe(foreign, "another", JobDescription(tags=["интервью", "чужое"]))
    assert list(tag_counts(history).items()) == [("%", 1), ("Архив", 1), ("интервью", 2)]
    assert ids(history, tag="интервью") == [second, first]
    assert ids(history, tag="%") == [second], "it is no pattern"
    assert ids(history, tag="чужое") == []
    jobs.delete(second)
    assert tag_counts(history) == {"Архив": 1, "интервью": 1}


def test_a_time_selects_from_its_first_moment_to_before_its_last(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    hour = timedelta(hours=1)
    first, second, third = [queued(jobs, created_at=NOON + n * hour) for n in range(3)]
    assert ids(history, since=NOON + hour) == [third, second]
    assert ids(history, until=NOON + hour) == [first]
    assert ids(history, since=NOON + hour, until=NOON + 2 * hour) == [second]


def test_a_search_finds_words_of_the_title_in_any_form(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    titled, other = completed(jobs, "Раз, два."), completed(jobs, "Раз, три.")
    jobs.describe(titled, OWNER, JobDescription(title="Важные встречи"))
    assert ids(history, query="встреча") == [titled]
    assert ids(history, query="встреча два") == [titled], "one word in the title, one in the text"
    assert ids(history, query="встреча три") == []
    assert ids(history, query="реч") == [], "a part of a word is none"
    assert ids(history, query="раз") == [other, titled]
    (job,) = history.page(OWNER, query="встреча").items
    assert (job.snippet, job.hit) == (None, None)
    jobs.describe(titled, OWNER, JobDescription(title=None))
    assert ids(history, query="встреча") == []
