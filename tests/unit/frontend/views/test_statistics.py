"""The statistics view as Streamlit draws it, against a stand-in backend."""

import json
from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from contracts.models import (
    Health,
    HealthCheck,
    HealthStatus,
    ModelFailure,
    ModelInfo,
    ModelList,
    ModelState,
)
from contracts.statistics import (
    CacheKind,
    DatabaseKind,
    DayStatistics,
    DiskUsage,
    SpeakerStatistics,
    Statistics,
)
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import READY_MODEL, OpenPage, StandInBackend

pytestmark = pytest.mark.whole_app

RU = Translator(Language.RU)
LAST_DAY = date(2026, 11, 22)
HOSTILE = "<img src=x onerror=alert(1)> **b**"


def statistics_of(**changes: object) -> Statistics:
    days = [LAST_DAY - timedelta(days=89 - number) for number in range(90)]
    by_day = [DayStatistics(day=day, audio_s=0, n_recordings=0) for day in days]
    by_day[-2] = DayStatistics(day=days[-2], audio_s=5400, n_recordings=2)
    by_day[-1] = DayStatistics(day=days[-1], audio_s=90, n_recordings=1)
    statistics = Statistics(
        n_recordings=3,
        audio_s=5490,
        n_words=12_345,
        rtf=0.25,
        by_day=by_day,
        speakers=[],
        n_queued=2,
        n_running=1,
        disk=DiskUsage(
            database_bytes=2**20, recordings_bytes=2**30, work_bytes=0, free_bytes=3 * 2**30
        ),
        data_dir="/data",
        version="0.1.0",
        database=DatabaseKind.SQLITE,
        cache=CacheKind.MEMORY,
    )
    return statistics.model_copy(update=changes)


def _facts(page: AppTest) -> dict[str, dict[str, tuple[str, str]]]:
    """Return the facts of each heading: name to (value, remark)."""
    assert not page.exception
    data = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return {
        each["title"]: {fact["name"]: (fact["value"], fact["remark"]) for fact in each["facts"]}
        for each in data
        if "facts" in each
    }


def test_usage_and_system_state_are_shown_in_the_visitor_s_language(
    open_page: OpenPage, backend: StandInBackend
):
    backend.statistics = statistics_of()
    facts = _facts(open_page(view="system"))
    done = facts[RU("system.transcribed")]
    assert done[RU("system.audio")] == ("1\xa0ч 31\xa0мин", "3 записи")
    assert done[RU("system.words")] == ("12\xa0345", "")
    speed, remark = done[RU("system.speed")]
    assert speed == "в 4 раза быстрее записи"
    assert "15\xa0мин" in remark
    assert facts[RU("system.models")][RU("system.model.name")][0] == READY_MODEL.id
    assert facts[RU("system.queue")][RU("system.queue.waiting")][0] == "2"
    assert facts[RU("system.disk")][RU("system.disk.free")][0] == "3\xa0ГБ"
    assert facts[RU("system.storage")][RU("system.storage.folder")][0] == "/data"
    assert facts[RU("system.versions")][RU("system.version.service")][0] == "0.1.0"


def test_names_have_their_shares_of_speech_and_those_without_one_are_together(
    open_page: OpenPage, backend: StandInBackend
):
    speakers = [
        SpeakerStatistics(name=HOSTILE, speech_s=5400, share=0.75),
        SpeakerStatistics(name=None, speech_s=1800, share=0.25),
    ]
    backend.statistics = statistics_of(speakers=speakers)
    assert _facts(open_page(view="system"))[RU("system.speakers")] == {
        HOSTILE: ("75\xa0%", "1\xa0ч 30\xa0мин"),
        RU("system.speakers.unnamed"): ("25\xa0%", "30\xa0мин"),
    }
    backend.statistics = statistics_of(speakers=speakers[1:])
    assert RU("system.speakers") not in _facts(open_page(view="system"))


def test_the_chart_has_a_summary_and_a_table_with_the_same_data(
    open_page: OpenPage, backend: StandInBackend
):
    backend.statistics = statistics_of()
    page = open_page(view="system")
    summary = page.caption[0].value
    assert (
        summary == "За 90 дней: 1\xa0ч 31\xa0мин аудио, больше всего 21 ноября — 1\xa0ч 30\xa0мин."
    )
    data = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    (chart,) = [each for each in data if "bars" in each]
    assert chart["summary"] == summary
    assert [bar["share"] for bar in chart["bars"][-3:]] == [0, 1, 90 / 5400]
    assert chart["bars"][-2]["text"] == "21 ноября: 1\xa0ч 30\xa0мин"
    assert (chart["ticks"][0], chart["ticks"][-1]) == ("25 августа", "22 ноября")
    values = page.table[0].value.to_dict("list")
    assert values == {
        RU("system.by_day.day"): ["22 ноября 2026", "21 ноября 2026"],
        RU("system.by_day.minutes"): ["1,5", "90"],
        RU("system.by_day.recordings"): ["1", "2"],
    }


def test_before_the_first_recording_the_view_says_what_will_appear(
    open_page: OpenPage, backend: StandInBackend
):
    backend.statistics = statistics_of(n_recordings=0, audio_s=0, n_words=0, by_day=[], rtf=None)
    page = open_page(view="system")
    assert RU("system.empty") in page.info[0].value
    assert RU("system.disk") in _facts(page)


def test_without_audio_there_is_no_empty_chart(open_page: OpenPage, backend: StandInBackend):
    quiet = [DayStatistics(day=LAST_DAY, audio_s=0, n_recordings=0)]
    backend.statistics = statistics_of(by_day=quiet)
    page = open_page(view="system")
    assert RU("system.transcribed") in _facts(page)
    assert not page.table


@pytest.mark.parametrize(
    ("rtf", "russian", "english"),
    [
        (0.4, "в 2,5 раза быстрее записи", "2.5× faster than real time"),
        (1 / 21, "в 21 раз быстрее записи", "21× faster than real time"),
        (1.02, "со скоростью записи", "as fast as real time"),
        (10.0, "в 10 раз медленнее записи", "10× slower than real time"),
    ],
)
def test_speed_says_how_many_times_faster_or_slower_than_real_time(
    open_page: OpenPage, backend: StandInBackend, rtf: float, russian: str, english: str
):
    """A bare ×0.1 would read as a speedup."""
    backend.statistics = statistics_of(rtf=rtf)
    for language, words in ((Language.RU, russian), (Language.EN, english)):
        t = Translator(language)
        done = _facts(open_page(view="system", lang=language))[t("system.transcribed")]
        assert done[t("system.speed")][0] == words


def test_an_unknown_speed_is_shown_as_unknown(open_page: OpenPage, backend: StandInBackend):
    backend.statistics = statistics_of(rtf=None)
    done = _facts(open_page(view="system"))[RU("system.transcribed")]
    assert done[RU("system.speed")][0] == RU("system.speed.unknown")


@pytest.mark.parametrize(
    ("model", "state"),
    [
        (ModelInfo(id="m", state=ModelState.FETCHING, progress=0.42), "скачивается: 42\xa0%"),
        (ModelInfo(id="m", state=ModelState.FETCHING), RU("system.state.fetching")),
        (ModelInfo(id="m", state=ModelState.UNLOADED), RU("system.state.unloaded")),
        (ModelInfo(id="m", state=ModelState.FAILED), RU("system.state.failed")),
        (
            ModelInfo(id="m", state=ModelState.READY, is_fallback=True),
            f"{RU('system.state.ready')} · {RU('system.model.fallback')}",
        ),
    ],
    ids=["share", "fetching", "unloaded", "failed", "fallback"],
)
def test_the_state_of_a_model_is_shown(
    open_page: OpenPage, backend: StandInBackend, model: ModelInfo, state: str
):
    backend.statistics = statistics_of()
    backend.models = ModelList(data=[model])
    facts = _facts(open_page(view="system"))[RU("system.models")]
    assert facts[RU("system.model.state")][0] == state


def test_content_from_the_backend_reaches_only_the_component(
    open_page: OpenPage, backend: StandInBackend
):
    backend.statistics = statistics_of(data_dir=HOSTILE, version=HOSTILE)
    backend.models = ModelList(
        data=[ModelInfo(id=HOSTILE, state=ModelState.FAILED, detail=HOSTILE)]
    )
    page = open_page(view="system")
    assert _facts(page)[RU("system.models")][RU("system.model.error")][0] == HOSTILE
    kinds = ("markdown", "caption", "title", "header", "info", "warning", "error", "html")
    values = [str(element.value) for kind in kinds for element in page.get(kind)]
    assert not any("alert(1)" in value for value in values)


def test_an_error_of_the_backend_is_shown_with_advice(open_page: OpenPage):
    page = open_page(view="system")
    assert RU("problem.not_ready") in page.error[0].value


def test_what_limits_the_service_is_shown_literally(open_page: OpenPage, backend: StandInBackend):
    backend.statistics = statistics_of()
    check = HealthCheck(status=HealthStatus.DEGRADED, detail=HOSTILE)
    backend.health = Health(status=HealthStatus.DEGRADED, checks={"disk": check})
    facts = _facts(open_page(view="system"))
    assert facts[RU("service.degraded")] == {RU("system.check.disk"): (HOSTILE, "")}


def test_a_hub_that_is_not_reached_is_said_in_the_language_of_the_page(
    open_page: OpenPage, backend: StandInBackend
):
    """The visitor read "Cannot download from the hub (ConnectError)" twice on a Russian page."""
    backend.statistics = statistics_of()
    detail = "Cannot download from the hub (ConnectError)."
    failed = ModelInfo(
        id="a/b", state=ModelState.FAILED, failure=ModelFailure.HUB_UNREACHABLE, detail=detail
    )
    backend.models = ModelList(data=[failed])
    check = HealthCheck(status=HealthStatus.DEGRADED, detail=detail)
    backend.health = Health(status=HealthStatus.DEGRADED, checks={"llm": check})
    facts = _facts(open_page(view="system"))
    shown = facts[RU("system.models")][RU("system.model.error")][0]
    assert shown == RU("system.model.failure.hub_unreachable")
    assert RU("service.degraded") not in facts
