"""If these fail, the names and terms that the user typed are lost, or silently not used."""

import pytest
from streamlit.testing.v1 import AppTest

from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import OpenPage, StandInBackend

pytestmark = pytest.mark.whole_app

RU = Translator(Language.RU)


def _type(page: AppTest, text: str) -> AppTest:
    return page.text_area(key="glossary").set_value(text).run()


def _start(page: AppTest) -> AppTest:
    page.session_state["uploader"] = {"uploads": {"ready": ["upload-1"], "n_uploading": 0}}
    return page.run().button(key="start-button").click().run()


def test_names_and_terms_are_saved_and_shown_again(open_page: OpenPage, backend: StandInBackend):
    backend.glossary = "Лось"
    page = open_page()
    assert page.text_area(key="glossary").value == "Лось"
    page = _type(page, " Лось\n\nАэлита ")
    assert page.text_area(key="glossary").value == backend.glossary == "Лось\nАэлита"
    _start(page)
    assert backend.started[0].glossary is None, "the backend takes the saved ones"


def test_a_term_that_the_reader_has_added_is_shown(open_page: OpenPage, backend: StandInBackend):
    """Else the next change on this page would remove it."""
    page = _type(open_page(), "Лось")
    backend.glossary = "Лось\nАэлита"
    assert page.run().text_area(key="glossary").value == "Лось\nАэлита"


def test_a_list_that_cannot_be_saved_is_kept_and_nothing_starts(
    open_page: OpenPage, backend: StandInBackend
):
    page = _start(_type(open_page(), "я" * 201))
    assert [each.value for each in page.error] == [RU("options.glossary.invalid")]
    assert page.text_area(key="glossary").value == "я" * 201
    assert (backend.started, backend.glossary) == ([], "")
    page = _start(_type(page, "Лось"))
    assert not page.error
    assert (len(backend.started), backend.glossary) == (1, "Лось")
