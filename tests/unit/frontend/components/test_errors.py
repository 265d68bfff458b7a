import pytest
from streamlit.testing.v1 import AppTest

from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import OpenPage

pytestmark = pytest.mark.whole_app


RU = Translator(Language.RU)


def _shown(page: AppTest) -> str:
    """Return all text in Streamlit's own elements."""
    kinds = ("markdown", "caption", "text", "title", "header", "info", "warning", "error")
    words = [element.value for kind in kinds for element in page.get(kind)]
    words += [bar.proto.text for bar in page.get("progress")]
    words += [each.label for kind in ("button", "download_button") for each in page.get(kind)]
    return "\n".join(words)


def test_an_unexpected_error_is_shown_without_its_details(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("frontend.views.new_transcription.show_options", fail)
    page = open_page()
    assert RU("problem.unexpected") in page.error[0].value
    assert not page.exception
    assert "secret detail" not in _shown(page)
