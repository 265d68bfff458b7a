"""The page as Streamlit draws it, against a real HTTP stand-in of the backend."""

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from contracts.jobs import JobStatus
from contracts.models import (
    Health,
    HealthCheck,
    HealthStatus,
    ModelIdentity,
    ModelInfo,
    ModelList,
    ModelState,
)
from contracts.transcription import Segment, Transcript
from frontend.components.web_component import WEB
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import (
    READY_MODEL,
    OpenPage,
    StandInBackend,
    make_job,
)

pytestmark = pytest.mark.whole_app

RU = Translator(Language.RU)
HOSTILE = "<script>alert(1)</script> **bold** $x$ :smile: [a](b) # h"
MODEL = ModelIdentity(
    name="embedded/whisper-base", revision="0123456789abcdef", engine="e", device="cpu"
)


def _segment(index: int, text: str) -> Segment:
    return Segment(
        index=index,
        start=index * 2.0,
        end=index * 2.0 + 1.5,
        text=text,
        avg_logprob=-0.1,
        no_speech_prob=0.0,
        compression_ratio=1.0,
    )


def _transcript(*texts: str) -> Transcript:
    segments = [_segment(index, text) for index, text in enumerate(texts)]
    return Transcript(
        text=" ".join(texts), language="ru", duration_s=10, speech_s=8, segments=segments
    )


def _shown(page: AppTest) -> str:
    """Return every word of Streamlit's own elements."""
    kinds = ("markdown", "caption", "text", "title", "header", "info", "warning", "error")
    words = [element.value for kind in kinds for element in page.get(kind)]
    words += [bar.proto.text for bar in page.get("progress")]
    words += [each.label for kind in ("button", "download_button") for each in page.get(kind)]
    return "\n".join(words)


def _component_data(page: AppTest) -> list[dict]:
    """Return the data that went to the components of the view."""
    data = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return [each for each in data if "views" not in each]


def _frame(page: AppTest) -> dict:
    data = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return next(each for each in data if "views" in each)


def test_the_page_opens_in_russian_and_the_address_changes_it_to_english(open_page: OpenPage):
    page = open_page()
    assert RU("app.tagline") in _shown(page)
    assert _frame(page)["language"] == "ru"
    page = open_page(lang="en")
    assert _frame(page)["language"] == "en"
    assert _frame(page)["title"] == "Speech to text"
    assert not re.search("[а-яё]", _shown(page), re.IGNORECASE)


def test_a_language_that_we_do_not_have_is_the_first_one(open_page: OpenPage):
    assert _frame(open_page(lang="xx"))["language"] == "ru"


@pytest.mark.parametrize(
    ("address", "current"),
    [({}, [0]), ({"view": "history"}, [1]), ({"view": "system"}, [2]), ({"view": "x"}, [0]),
     ({"view": "history", "job": "job-1"}, [])],
    ids=str,
)  # fmt: skip
def test_the_frame_says_where_one_is(
    open_page: OpenPage, address: dict[str, str], current: list[int]
):
    views = _frame(open_page(**address))["views"]
    assert [index for index, view in enumerate(views) if view["current"]] == current


def _reader_data(page: AppTest) -> dict:
    (data,) = (data for data in _component_data(page) if "jobId" in data)
    return data


@pytest.mark.parametrize("language", list(Language))
def test_a_job_s_page_gives_the_reader_its_id_and_the_words_in_the_page_s_language(
    open_page: OpenPage, backend: StandInBackend, language: Language
):
    backend.jobs["job-1"] = make_job()
    page = open_page(job="job-1", lang=language)
    assert not page.exception
    data = _reader_data(page)
    assert (data["jobId"], data["language"]) == ("job-1", language)
    assert data["labels"]["running.queued"] == Translator(language)("running.queued")


def test_nothing_of_a_transcription_goes_through_streamlit_which_reads_markup(
    open_page: OpenPage, backend: StandInBackend
):
    """The browser fetches it as data, and the reader writes it as text."""
    job = make_job(status=JobStatus.COMPLETED, result=_transcript(HOSTILE))
    job.file.name = HOSTILE
    backend.jobs["job-1"] = job
    page = open_page(job="job-1")
    assert "alert(1)" not in _shown(page)
    assert "alert(1)" not in json.dumps(_component_data(page))


def test_our_scripts_write_text_never_markup():
    """Else a file's name or a transcript could become one."""
    ours = [path for path in WEB.rglob("*.js") if "vendor" not in path.parts]
    assert ours
    markup = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(")
    assert [path.name for path in ours if markup.search(path.read_text(encoding="utf-8"))] == []


def test_a_backend_that_is_down_is_announced_and_its_return_noticed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, backend: StandInBackend
):
    url = backend.url
    backend.url = "http://127.0.0.1:9"  # nobody listens there
    page = open_page(job="job-1")
    assert RU("service.unavailable") in page.warning[0].value
    assert not page.exception
    monkeypatch.setenv("BACKEND_URL", url)
    page.run()
    assert not page.warning


def _fallback(configured: ModelInfo) -> ModelList:
    return ModelList(data=[configured, READY_MODEL.model_copy(update={"is_fallback": True})])


@pytest.mark.parametrize(
    ("configured", "sentence"),
    [
        (ModelInfo(id="m", state=ModelState.FETCHING, progress=0.42), "скачивается: 42\xa0%."),
        (ModelInfo(id="m", state=ModelState.FETCHING), RU("service.fetching")),
        (ModelInfo(id="m", state=ModelState.LOADING), RU("service.loading")),
        (ModelInfo(id="m", state=ModelState.FAILED), RU("service.fetch_failed")),
    ],
    ids=["share", "fetching", "loading", "failed"],
)
def test_the_stand_in_model_is_announced_with_what_became_of_the_main_one(
    open_page: OpenPage, backend: StandInBackend, configured: ModelInfo, sentence: str
):
    backend.health = Health(status=HealthStatus.DEGRADED, checks={})
    backend.models = _fallback(configured)
    (banner,) = open_page().info
    assert RU("service.fallback") in banner.value
    assert sentence in banner.value


def test_why_the_main_model_failed_is_told_small_and_literally(
    open_page: OpenPage, backend: StandInBackend
):
    backend.health = Health(status=HealthStatus.DEGRADED, checks={})
    backend.models = _fallback(ModelInfo(id="m", state=ModelState.FAILED, detail=HOSTILE))
    assert HOSTILE in [element.value for element in open_page().text]


def test_another_degradation_is_told_with_its_reason(open_page: OpenPage, backend: StandInBackend):
    check = HealthCheck(status=HealthStatus.DEGRADED, detail="The disk is nearly full.")
    backend.health = Health(status=HealthStatus.DEGRADED, checks={"disk": check})
    page = open_page()
    assert RU("service.degraded") in page.info[0].value
    assert "The disk is nearly full." in [element.value for element in page.text]


def test_a_service_that_starts_says_so(open_page: OpenPage, backend: StandInBackend):
    backend.health = Health(status=HealthStatus.STARTING, checks={})
    assert RU("service.starting") in open_page().info[0].value


def test_a_service_that_is_well_needs_no_words(open_page: OpenPage):
    page = open_page()
    assert not page.info
    assert not page.warning


def test_what_nobody_foresaw_is_a_sentence_too(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("frontend.views.new_transcription.show_options", fail)
    page = open_page()
    assert RU("problem.unexpected") in page.error[0].value
    assert not page.exception
    assert "secret detail" not in _shown(page)
