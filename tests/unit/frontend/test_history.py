"""The history as Streamlit sends it to its component, against a real HTTP stand-in."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

import frontend
from contracts.jobs import Job, JobStatus, Progress, SearchHit, Stage
from contracts.problems import ProblemType
from frontend.backend_client import BackendClient
from frontend.i18n import Language, Translator
from frontend.views.history_actions import run_action
from frontend.views.history_filter import STEP
from frontend.views.history_rows import row_of
from unit.frontend.stand_in_backend import OpenPage, StandInBackend, make_job

pytestmark = pytest.mark.whole_app

RU = Translator(Language.RU)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> **bold** $x$ :smile: [a](b) # h"
WEB = Path(frontend.__file__).parent / "web"
SCRIPTS = sorted(WEB.rglob("*.js"))


def _add(backend: StandInBackend, *jobs: Job) -> None:
    backend.jobs |= {job.id: job for job in jobs}


def _data(page: AppTest) -> dict:
    assert not page.exception
    data = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return next(each for each in data if "rows" in each)


def _hit(snippet: str, word: str) -> dict[str, object]:
    marks = [match.span() for match in re.finditer(word, snippet)]
    return {"snippet": snippet, "hit": SearchHit(segment_index=2, start=73.456, marks=marks)}


def _act(backend: StandInBackend, asked: object):
    return run_action(RU, BackendClient(backend.url, {}), asked)


def test_recordings_are_listed_newest_first_and_page_by_page(
    open_page: OpenPage, backend: StandInBackend
):
    days = range(STEP + 5)
    _add(backend, *(make_job(f"job-{day}", created_at=NOW - timedelta(day)) for day in days))
    data = _data(open_page(view="history"))
    assert [row["id"] for row in data["rows"]] == [f"job-{day}" for day in days][:STEP]
    assert data["more"]
    data = _data(open_page(view="history", shown=str(2 * STEP)))
    assert len(data["rows"]) == STEP + 5
    assert not data["more"]


def test_the_address_says_what_is_looked_for(open_page: OpenPage, backend: StandInBackend):
    _add(backend, make_job(**_hit("у ворот стояла лошадь", "лошадь"), tags=["работа"]))
    page = open_page(
        view="history",
        query="лошадь",
        tag="работа",
        status="queued",
        period="dates",
        since="2026-11-01",
        until="2026-11-30",
    )
    data = _data(page)
    assert data["filtered"]
    assert [row["id"] for row in data["rows"]] == ["job-1"]
    asked = backend.listed[-1]
    assert (asked.query, asked.tag, asked.status) == ("лошадь", "работа", JobStatus.QUEUED)
    assert asked.since == datetime(2026, 11, 1, tzinfo=UTC)
    assert asked.until == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("language", list(Language))
def test_an_empty_history_leads_to_a_first_recording_and_an_empty_search_back(
    open_page: OpenPage, language: Language
):
    data = _data(open_page(view="history", lang=language))
    assert data["rows"] == []
    assert not data["filtered"]
    assert data["labels"]["empty_next"] == Translator(language)("history.ui.empty_next")
    assert _data(open_page(view="history", query="слово"))["filtered"]


def test_a_hit_is_lit_where_python_counts_characters_and_javascript_would_not():
    row = row_of(RU, make_job(**_hit("🐎🐎 лошадь и лошади", "лошад[ьи]")), NOW)
    assert row["hit"] == {
        "seconds": 73.456,
        "time": "1:13",
        "parts": [("🐎🐎 ", False), ("лошадь", True), (" и ", False), ("лошади", True)],
    }


def test_a_running_recording_shows_stage_share_and_time_left():
    progress = Progress(processed_s=42, total_s=100, eta_s=130, stage=Stage.TRANSCRIBING)
    row = row_of(RU, make_job(status=JobStatus.RUNNING, progress=progress), NOW)
    assert row["state"] == "Распознаём речь · 42\xa0% · осталось около 2 минут"
    assert row["share"] == 0.42
    assert (row["can_cancel"], row["can_resume"]) == (True, False)


def test_a_recording_in_the_queue_tells_its_place():
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
def test_dates_are_the_visitor_s_and_said_as_people_say_them(
    ago: timedelta, russian: str, english: str
):
    now = NOW.astimezone(ZoneInfo("Asia/Vladivostok"))
    job = make_job(created_at=NOW - ago)
    assert row_of(RU, job, now)["date"] == russian
    assert row_of(Translator(Language.EN), job, now)["date"] == english


def test_names_tags_and_texts_of_others_reach_the_component_only(
    open_page: OpenPage, backend: StandInBackend
):
    tag = "<script>alert(1)</script>"
    _add(backend, make_job(title=HOSTILE, tags=[tag], **_hit(HOSTILE, "bold")))
    page = open_page(view="history", query="bold", tag=tag)
    (row,) = _data(page)["rows"]
    assert (row["name"], row["tags"]) == (HOSTILE, [tag])
    kinds = ("markdown", "caption", "title", "header", "info", "warning", "error", "html", "text")
    values = [str(element.value) for kind in kinds for element in page.get(kind)]
    assert not any("alert(1)" in value for value in values)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_page_s_scripts_write_text_never_markup(script: Path):
    """The other half of the test above: what the browser does with the data."""
    source = script.read_text(encoding="utf-8")
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\("
    assert not re.search(markup, source)


def test_a_backend_that_goes_away_does_not_take_the_list_with_it(
    open_page: OpenPage, backend: StandInBackend, monkeypatch: pytest.MonkeyPatch
):
    _add(backend, make_job())
    page = open_page(view="history")
    monkeypatch.setenv("BACKEND_URL", "http://127.0.0.1:9")
    page.run()
    assert [row["id"] for row in _data(page)["rows"]] == ["job-1"]
    assert RU("service.unavailable") in page.warning[0].value
    assert not page.error


def test_a_title_is_given_and_taken_back(backend: StandInBackend):
    _add(backend, make_job(tags=["работа"]))
    outcome = _act(backend, {"kind": "rename", "id": "job-1", "title": "Встреча"})
    assert outcome.text == RU("history.renamed")
    assert backend.jobs["job-1"].title == "Встреча"
    assert backend.jobs["job-1"].tags == ["работа"]  # what was not named stays
    _act(backend, {"kind": "rename", "id": "job-1", "title": ""})
    assert backend.jobs["job-1"].title is None


def test_tags_are_set_on_one_and_added_to_several(backend: StandInBackend):
    _add(backend, make_job("a", title="Имя"), make_job("b", tags=["старая"]))
    _act(backend, {"kind": "tags", "id": "a", "tags": ["работа", "лекции"]})
    assert backend.jobs["a"].tags == ["работа", "лекции"]
    assert backend.jobs["a"].title == "Имя"
    present = {"a": ["работа", "лекции"], "b": ["старая"]}
    outcome = _act(backend, {"kind": "add_tag", "tags": present, "tag": "новая"})
    assert outcome.text == RU("history.tagged", count=2)
    assert [backend.jobs[each].tags[-1] for each in "ab"] == ["новая", "новая"]


def test_several_are_stopped_and_deleted_also_when_one_is_gone_already(backend: StandInBackend):
    _add(backend, make_job("a"), make_job("b", status=JobStatus.COMPLETED), make_job("c"))
    outcome = _act(backend, {"kind": "cancel", "ids": ["a", "b"]})
    assert outcome.text == RU("history.done.cancel", count=2)
    assert backend.jobs["a"].status is JobStatus.CANCELLED
    outcome = _act(backend, {"kind": "delete", "ids": ["a", "gone", "b"]})
    assert not outcome.failed
    assert list(backend.jobs) == ["c"]


def test_what_the_backend_refuses_is_told_with_what_to_do_and_the_request_id(
    backend: StandInBackend,
):
    outcome = _act(backend, {"kind": "rename", "id": "gone", "title": "x"})
    assert outcome.failed
    assert outcome.text.startswith(RU("problem.not_found"))
    assert outcome.request_id == RU("problem.request_id", id="req-1")


@pytest.mark.parametrize(
    "asked",
    [
        None,
        {"kind": "explode"},
        {"kind": "delete", "ids": []},
        {"kind": "delete", "ids": ["a"] * 501},
        {"kind": "rename", "id": "job-1", "title": "x" * 201},
        {"kind": "tags", "id": "job-1", "tags": ["x" * 51]},
    ],
    ids=["nothing", "unknown", "none", "many", "long", "long tag"],
)
def test_nonsense_from_a_browser_changes_nothing(backend: StandInBackend, asked: object):
    _add(backend, make_job())
    outcome = _act(backend, asked)
    assert outcome.failed
    assert outcome.text.startswith(RU(f"problem.{ProblemType.INVALID_OPTION.name.lower()}"))
    assert backend.jobs == {"job-1": make_job()}
