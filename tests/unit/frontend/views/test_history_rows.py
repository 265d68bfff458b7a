import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts.jobs import JobStatus, JobSummary, Progress, SearchHit, Stage
from frontend.i18n import Language, Translator
from frontend.views.history_rows import row_of
from unit.frontend.stand_in_backend import make_job

RU = Translator(Language.RU)


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _hit(snippet: str, word: str) -> dict[str, object]:
    marks = [match.span() for match in re.finditer(word, snippet)]
    hit = SearchHit(segment_index=2, start=73.456, snippet=snippet, marks=marks)
    return {"hits": [hit], "n_hits": 1}


def test_a_hit_is_highlighted_by_characters_not_utf16_units():
    row = row_of(RU, make_job(**_hit("🐎🐎 лошадь и лошади", "лошад[ьи]")), NOW)
    assert row["hits"] == [
        {
            "key": "segment 2",
            "seconds": 73.456,
            "time": "1:13",
            "parts": [("🐎🐎 ", False), ("лошадь", True), (" и ", False), ("лошади", True)],
        }
    ]
    assert row["more_hits"] == ""


def test_matches_that_are_not_shown_are_counted():
    """A visitor would take the first matches for all of them."""
    job = make_job(**_hit("лошадь", "лошадь")).model_copy(update={"n_hits": 6})
    assert row_of(RU, job, NOW)["more_hits"] == "ещё 5 совпадений"


def test_a_finished_recording_shows_how_it_begins_and_what_is_in_it():
    summary = JobSummary(first_line="Добрый день.", n_words=472, n_speakers=3, n_unsure=2)
    row = row_of(RU, make_job(language="ru", summary=summary), NOW)
    assert row["summary"] == {
        "first_line": "Добрый день.",
        "facts": ["русский", "472 слова", "3 говорящих", "2 места стоит проверить"],
    }
    assert row_of(RU, make_job(), NOW)["summary"] is None


def test_a_running_recording_shows_its_stage_share_and_time_left():
    progress = Progress(processed_s=42, total_s=100, eta_s=130, stage=Stage.TRANSCRIBING)
    row = row_of(RU, make_job(status=JobStatus.RUNNING, progress=progress), NOW)
    assert row["state"] == "Распознаём речь · 42\xa0% · осталось около 2 минут"
    assert row["share"] == 0.42
    assert (row["can_cancel"], row["can_resume"]) == (True, False)


def test_a_queued_recording_shows_its_position():
    assert row_of(RU, make_job(queue_position=3), NOW)["state"] == "В очереди: 3-я"


@pytest.mark.parametrize(
    ("ago", "russian", "english"),
    [
        (timedelta(hours=1), "сегодня, 21:00", "today, 9:00\u202fPM"),
        (timedelta(hours=23), "вчера, 23:00", "yesterday, 11:00\u202fPM"),
        (timedelta(days=2), "20 ноября, 22:00", "20 November, 10:00\u202fPM"),
        (timedelta(days=365), "22 ноября 2025, 22:00", "22 November 2025, 10:00\u202fPM"),
    ],
)
def test_dates_are_relative_and_in_the_visitor_s_time_zone(
    ago: timedelta, russian: str, english: str
):
    now = NOW.astimezone(ZoneInfo("Asia/Vladivostok"))
    job = make_job(created_at=NOW - ago)
    assert row_of(RU, job, now)["date"] == russian
    assert row_of(Translator(Language.EN), job, now)["date"] == english
