"""The history as Streamlit sends it to its component, against a stand-in backend."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from contracts.jobs import Job, JobStatus, SearchHit
from frontend.i18n import Language, Translator
from frontend.views.history_filter import STEP
from unit.frontend.stand_in_backend import OpenPage, StandInBackend, make_job

pytestmark = pytest.mark.whole_app


RU = Translator(Language.RU)


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


HOSTILE = "<script>alert(1)</script> **bold** $x$ :smile: [a](b) # h"


def _add(backend: StandInBackend, *jobs: Job) -> None:
    backend.jobs |= {job.id: job for job in jobs}


def _data(page: AppTest) -> dict:
    assert not page.exception
    data = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return next(each for each in data if "rows" in each)


def _hit(snippet: str, word: str) -> dict[str, object]:
    marks = [match.span() for match in re.finditer(word, snippet)]
    hit = SearchHit(segment_index=2, start=73.456, snippet=snippet, marks=marks)
    return {"snippet": snippet, "hits": [hit], "n_hits": 1}


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


def test_the_filter_comes_from_the_address(open_page: OpenPage, backend: StandInBackend):
    _add(
        backend, make_job(**_hit("у ворот стояла лошадь", "лошадь"), tags=["работа"], folder="Дела")
    )
    page = open_page(
        view="history",
        query="лошадь",
        tag="работа",
        folder="Дела",
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
    assert asked.folder == "Дела"
    assert data["choices"]["folders"] == [["", RU("history.any_folder")], ["Дела", "Дела (1)"]]
    assert asked.since == datetime(2026, 11, 1, tzinfo=UTC)
    assert asked.until == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize("language", list(Language))
def test_an_empty_history_and_an_empty_search_say_what_to_do(
    open_page: OpenPage, language: Language
):
    data = _data(open_page(view="history", lang=language))
    assert data["rows"] == []
    assert not data["filtered"]
    assert data["labels"]["empty_next"] == Translator(language)("history.ui.empty_next")
    assert _data(open_page(view="history", query="слово"))["filtered"]


def test_user_content_reaches_only_the_component(open_page: OpenPage, backend: StandInBackend):
    tag = "<script>alert(1)</script>"
    _add(backend, make_job(title=HOSTILE, tags=[tag], **_hit(HOSTILE, "bold")))
    page = open_page(view="history", query="bold", tag=tag)
    (row,) = _data(page)["rows"]
    assert (row["name"], row["tags"]) == (HOSTILE, [tag])
    kinds = ("markdown", "caption", "title", "header", "info", "warning", "error", "html", "text")
    values = [str(element.value) for kind in kinds for element in page.get(kind)]
    assert not any("alert(1)" in value for value in values)


def test_the_list_stays_while_the_backend_is_unavailable(
    open_page: OpenPage, backend: StandInBackend, monkeypatch: pytest.MonkeyPatch
):
    _add(backend, make_job())
    page = open_page(view="history")
    monkeypatch.setenv("BACKEND_URL", "http://127.0.0.1:9")
    page.run()
    assert [row["id"] for row in _data(page)["rows"]] == ["job-1"]
    assert RU("service.unavailable") in page.warning[0].value
    assert not page.error
