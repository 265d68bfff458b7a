"""The list of remembered voices as Streamlit draws it, against a stand-in backend."""

from datetime import UTC, datetime

import pytest

from contracts.voices import VoiceProfile
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import OpenPage, StandInBackend

pytestmark = pytest.mark.whole_app

RU = Translator(Language.RU)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def voices(backend: StandInBackend) -> dict[str, VoiceProfile]:
    for voice_id, name in (("a", "Анна"), ("b", "**Пётр** <b>")):
        profile = VoiceProfile(id=voice_id, name=name, created_at=NOON, speech_s=30)
        backend.voices[voice_id] = profile
    return backend.voices


def test_without_voices_there_is_no_list(open_page: OpenPage):
    assert not open_page(view="system").text_input


def test_a_voice_is_renamed(open_page: OpenPage, voices: dict[str, VoiceProfile]):
    page = open_page(view="system")
    assert [each.value for each in page.text_input] == ["Анна", "**Пётр** <b>"]
    page.text_input(key="voice-a").set_value(" Мария ").run()
    assert not page.exception
    assert voices["a"].name == "Мария"


def test_a_name_that_another_voice_has_is_refused_with_advice(
    open_page: OpenPage, voices: dict[str, VoiceProfile]
):
    page = open_page(view="system")
    page.text_input(key="voice-a").set_value("**Пётр** <b>").run()
    assert any(RU("problem.wrong_state") in each.value for each in page.error)
    assert voices["a"].name == "Анна"


def test_a_voice_is_deleted(open_page: OpenPage, voices: dict[str, VoiceProfile]):
    page = open_page(view="system")
    page.button(key="delete-voice-a").click().run()
    assert not page.exception
    assert list(voices) == ["b"]
