"""The start view as Streamlit draws it, against a stand-in backend."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from contracts.options import TranscribeOptions
from contracts.problems import ProblemType
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import OpenPage, StandInBackend

pytestmark = pytest.mark.whole_app


RU = Translator(Language.RU)


def _uploader_data(page: AppTest) -> dict:
    """Return the data of the uploader component."""
    every = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return next(data for data in every if "limit_bytes" in data)


def _arrive(page: AppTest, *ready: str, n_uploading: int = 0) -> AppTest:
    """Simulate the browser's report of uploads."""
    page.session_state["uploader"] = {"uploads": {"ready": ready, "n_uploading": n_uploading}}
    return page.run()


def _start(page: AppTest, *ready: str) -> AppTest:
    return _arrive(page, *ready).button(key="start-button").click().run()


def _hints(page: AppTest) -> list[str]:
    return [each.value for each in page.caption]


def test_the_start_view_says_what_to_do(open_page: OpenPage):
    page = open_page()
    assert not page.exception
    assert RU("start.no_file") in _hints(page)
    assert page.button(key="start-button").disabled


def test_one_recording_becomes_a_job_with_its_own_address(
    open_page: OpenPage, backend: StandInBackend
):
    page = _start(open_page(), "upload-1")
    assert not page.exception
    assert page.query_params["job"] == "job-1"
    (started,) = backend.started
    assert started.upload_id == "upload-1"
    assert started.options() == TranscribeOptions(
        word_timestamps=True, low_latency=True, diarization="auto"
    )


def test_several_recordings_start_at_once_and_open_the_history(
    open_page: OpenPage, backend: StandInBackend
):
    page = _start(open_page(), "upload-1", "upload-2")
    assert [each.upload_id for each in backend.started] == ["upload-1", "upload-2"]
    assert page.query_params["view"] == "history"


def test_nothing_starts_during_an_upload(open_page: OpenPage):
    """Otherwise the page would go to a job, and away from the upload."""
    page = _arrive(open_page(), "upload-1", n_uploading=1)
    assert page.button(key="start-button").disabled
    assert RU("start.uploading") in _hints(page)


def test_a_started_upload_is_not_started_twice(open_page: OpenPage, backend: StandInBackend):
    """The browser may report it until the next update."""
    page = _start(open_page(), "upload-1")
    del page.query_params["job"]
    page = _arrive(page, "upload-1")
    assert page.button(key="start-button").disabled
    assert _uploader_data(page)["started"] == ["upload-1"]


def test_a_failure_to_start_is_shown_at_its_recording_and_can_be_retried(
    open_page: OpenPage, backend: StandInBackend
):
    backend.start_problems = {"upload-2": ProblemType.QUEUE_FULL}
    page = _start(open_page(), "upload-1", "upload-2")
    assert _uploader_data(page)["failures"] == {
        "upload-2": {"kind": "queue_full", "requestId": "req-1"}
    }
    backend.start_problems = {}
    page = page.button(key="start-button").click().run()
    assert [each.upload_id for each in backend.started] == ["upload-1", "upload-2"]
    assert page.query_params["job"] == "job-2"


def test_an_upload_survives_a_start_while_the_backend_is_unavailable(
    open_page: OpenPage, backend: StandInBackend, monkeypatch: pytest.MonkeyPatch
):
    page = _arrive(open_page(), "upload-1")
    monkeypatch.setenv("BACKEND_URL", "http://127.0.0.1:9")  # nobody listens there
    page.button(key="start-button").click().run()
    assert _uploader_data(page)["failures"]["upload-1"]["kind"] == "unavailable"
    monkeypatch.setenv("BACKEND_URL", backend.url)
    page.button(key="start-button").click().run()
    assert page.query_params["job"] == "job-1"
