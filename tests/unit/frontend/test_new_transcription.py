"""The empty page as Streamlit draws it: what is started, with which options, and what is said."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from contracts.audio import NORMALIZATION_DEFAULTS, NormalizationMethod
from contracts.problems import ProblemType
from contracts.transcription import TranscribeOptions
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import OpenPage, StandInBackend

pytestmark = pytest.mark.whole_app

RU = Translator(Language.RU)


def _uploader_data(page: AppTest) -> dict:
    """Return what the browser's part is given."""
    every = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return next(data for data in every if "limit_bytes" in data)


def _arrive(page: AppTest, *ready: str, n_uploading: int = 0) -> AppTest:
    """Report uploads as the browser does."""
    page.session_state["uploader"] = {"uploads": {"ready": ready, "n_uploading": n_uploading}}
    return page.run()


def _start(page: AppTest, *ready: str) -> AppTest:
    return _arrive(page, *ready).button(key="start").click().run()


def _hints(page: AppTest) -> list[str]:
    return [each.value for each in page.caption]


def test_the_empty_page_says_what_to_do(open_page: OpenPage):
    page = open_page()
    assert not page.exception
    assert RU("start.no_file") in _hints(page)
    assert page.button(key="start").disabled


def test_one_recording_becomes_a_job_with_its_own_address(
    open_page: OpenPage, backend: StandInBackend
):
    page = _start(open_page(), "upload-1")
    assert not page.exception
    assert page.query_params["job"] == "job-1"
    (started,) = backend.started
    assert started.upload_id == "upload-1"
    assert started.options() == TranscribeOptions(word_timestamps=True)


def test_several_are_started_by_one_press_and_watched_in_the_history(
    open_page: OpenPage, backend: StandInBackend
):
    page = _start(open_page(), "upload-1", "upload-2")
    assert [each.upload_id for each in backend.started] == ["upload-1", "upload-2"]
    assert page.query_params["view"] == "history"


def test_nothing_is_started_while_a_recording_is_still_being_sent(open_page: OpenPage):
    """Else the page would go to a job, and away from the upload."""
    page = _arrive(open_page(), "upload-1", n_uploading=1)
    assert page.button(key="start").disabled
    assert RU("start.uploading") in _hints(page)


def test_what_was_started_is_not_started_twice(open_page: OpenPage, backend: StandInBackend):
    """The browser may still report it, until it is told."""
    page = _start(open_page(), "upload-1")
    del page.query_params["job"]
    page = _arrive(page, "upload-1")
    assert page.button(key="start").disabled
    assert _uploader_data(page)["started"] == ["upload-1"]


def test_what_cannot_be_started_is_told_at_its_recording_and_can_be_tried_again(
    open_page: OpenPage, backend: StandInBackend
):
    backend.start_problems = {"upload-2": ProblemType.QUEUE_FULL}
    page = _start(open_page(), "upload-1", "upload-2")
    assert _uploader_data(page)["failures"] == {
        "upload-2": {"kind": "queue_full", "requestId": "req-1"}
    }
    backend.start_problems = {}
    page = page.button(key="start").click().run()
    assert [each.upload_id for each in backend.started] == ["upload-1", "upload-2"]
    assert page.query_params["job"] == "job-2"


def test_a_backend_that_is_away_at_the_start_costs_nothing_but_a_press(
    open_page: OpenPage, backend: StandInBackend, monkeypatch: pytest.MonkeyPatch
):
    page = _arrive(open_page(), "upload-1")
    monkeypatch.setenv("BACKEND_URL", "http://127.0.0.1:9")  # nobody listens there
    page.button(key="start").click().run()
    assert _uploader_data(page)["failures"]["upload-1"]["kind"] == "unavailable"
    monkeypatch.setenv("BACKEND_URL", backend.url)
    page.button(key="start").click().run()
    assert page.query_params["job"] == "job-1"


@pytest.mark.parametrize(
    "state",
    [
        {"uploads": None},
        {"uploads": "text"},
        {"uploads": {"ready": "text"}},
        {"uploads": {"ready": [{}], "n_uploading": -1}},
        {"uploads": {"ready": ["x"] * 5000}},
    ],
    ids=str,
)
def test_a_state_that_our_script_did_not_send_counts_as_none(open_page: OpenPage, state: dict):
    page = open_page()
    page.session_state["uploader"] = state
    page.run()
    assert not page.exception
    assert not page.error
    assert page.button(key="start").disabled


def test_the_browser_knows_the_limit_and_what_normalisation_to_show(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MAX_UPLOAD_BYTES", "1000")
    page = open_page()
    assert _uploader_data(page)["limit_bytes"] == 1000
    assert _uploader_data(page)["normalization"] == "normalization=lufs&target_lufs=-20.0"
    page.segmented_control(key="option-normalization").set_value(NormalizationMethod.NONE).run()
    assert _uploader_data(page)["normalization"] == "normalization=none"


@pytest.mark.parametrize("method", list(NormalizationMethod))
def test_only_the_parameter_of_the_method_chosen_is_there(open_page: OpenPage, method):
    page = open_page()
    page.segmented_control(key="option-normalization").set_value(method).run()
    parameters = {parameter for parameter, _ in NORMALIZATION_DEFAULTS.values()}
    shown = {slider.key.removeprefix("option-") for slider in page.slider} & parameters
    own = {NORMALIZATION_DEFAULTS[method][0]} if method in NORMALIZATION_DEFAULTS else set()
    assert shown == own


def test_what_was_chosen_is_what_is_asked_for(open_page: OpenPage, backend: StandInBackend):
    page = open_page()
    page.segmented_control(key="option-normalization").set_value(NormalizationMethod.PEAK).run()
    page.slider(key="option-target_peak").set_value(0.5)
    page.selectbox(key="option-language").set_value("auto")
    page.slider(key="option-chunk_length_s").set_value(12.0)
    page.radio(key="option-task").set_value("translate")
    page.text_area(key="option-prompt").set_value("Лось, Аэлита")
    page.slider(key="option-beam_size").set_value(3)
    page.slider(key="option-temperature").set_value(0.2)
    _start(page, "upload-1")
    assert backend.started[0].options() == TranscribeOptions(
        normalization=NormalizationMethod.PEAK,
        target_peak=0.5,
        language="auto",
        chunk_length_s=12.0,
        task="translate",
        prompt="Лось, Аэлита",
        word_timestamps=True,
        beam_size=3,
        temperature=0.2,
    )
