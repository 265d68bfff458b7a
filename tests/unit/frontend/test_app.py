import json
import re

import pytest
from streamlit.runtime.context import ContextProxy, StreamlitHeaders
from streamlit.testing.v1 import AppTest

from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import OpenPage, StandInBackend

pytestmark = pytest.mark.whole_app

RU = Translator(Language.RU)


def _shown(page: AppTest) -> str:
    """Return all text in Streamlit's own elements."""
    kinds = ("markdown", "caption", "text", "title", "header", "info", "warning", "error")
    words = [element.value for kind in kinds for element in page.get(kind)]
    words += [bar.proto.text for bar in page.get("progress")]
    words += [each.label for kind in ("button", "download_button") for each in page.get(kind)]
    return "\n".join(words)


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


@pytest.mark.parametrize(
    ("headers", "users"),
    [
        ([("X-Forwarded-User", "anna"), ("X-Sign-In-Secret", "s" * 16)], ["anna"]),
        ([("X-Forwarded-User", "anna")], []),
        ([], []),
    ],
    ids=str,
)
def test_the_page_shows_the_history_of_the_visitor_who_signed_in(
    open_page: OpenPage,
    backend: StandInBackend,
    monkeypatch: pytest.MonkeyPatch,
    headers: list[tuple[str, str]],
    users: list[str],
):
    """Otherwise it shows that of another, or of anybody who gets past the proxy."""
    monkeypatch.setenv("SIGN_IN_HEADER", "X-Forwarded-User")
    monkeypatch.setenv("SIGN_IN_SECRET", "s" * 16)
    monkeypatch.setattr(ContextProxy, "headers", StreamlitHeaders(headers))
    shown = _shown(open_page(view="history"))
    assert list(dict.fromkeys(backend.users_shown)) == users
    assert (RU("problem.sign_in") in shown) is not bool(users)
