import json

import pytest
from streamlit.testing.v1 import AppTest

from unit.frontend.stand_in_backend import OpenPage

pytestmark = pytest.mark.whole_app


def _frame(page: AppTest) -> dict:
    data = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return next(each for each in data if "views" in each)


def test_an_unknown_language_falls_back_to_the_default(open_page: OpenPage):
    assert _frame(open_page(lang="xx"))["language"] == "ru"


@pytest.mark.parametrize(
    ("address", "current"),
    [({}, [0]), ({"view": "history"}, [1]), ({"view": "system"}, [2]), ({"view": "x"}, [0]),
     ({"view": "history", "job": "job-1"}, [])],
    ids=str,
)  # fmt: skip
def test_the_current_view_is_marked(
    open_page: OpenPage, address: dict[str, str], current: list[int]
):
    views = _frame(open_page(**address))["views"]
    assert [index for index, view in enumerate(views) if view["current"]] == current
