import json

import pytest
from streamlit.testing.v1 import AppTest

from contracts.audio import NormalizationMethod
from unit.frontend.stand_in_backend import OpenPage

pytestmark = pytest.mark.whole_app


def _uploader_data(page: AppTest) -> dict:
    """Return the data of the uploader component."""
    every = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return next(data for data in every if "limit_bytes" in data)


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
def test_an_invalid_state_from_the_browser_counts_as_empty(open_page: OpenPage, state: dict):
    page = open_page()
    page.session_state["uploader"] = state
    page.run()
    assert not page.exception
    assert not page.error
    assert page.button(key="start-button").disabled


def test_the_uploader_receives_the_size_limit_and_the_normalisation(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MAX_UPLOAD_BYTES", "1000")
    page = open_page()
    assert _uploader_data(page)["limit_bytes"] == 1000
    assert _uploader_data(page)["normalization"] == "normalization=lufs&target_lufs=-20.0"
    page.segmented_control(key="option-normalization").set_value(NormalizationMethod.NONE).run()
    assert _uploader_data(page)["normalization"] == "normalization=none"
