import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from contracts.audio import NORMALIZATION_DEFAULTS, NormalizationMethod
from contracts.models import ModelCapabilities, ModelInfo, ModelList, ModelState
from contracts.options import TranscribeOptions
from frontend.components.options_form import chosen_options
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import READY_MODEL, OpenPage, StandInBackend

pytestmark = pytest.mark.whole_app

RU = Translator(Language.RU)


LIMITED = ModelCapabilities(
    languages=["ru", "en"], detects_language=False, punctuation=True, translate=False,
    prompt=False, beam_search=False, temperature=False, max_chunk_s=25,
)  # fmt: skip
OTHER = ModelInfo(
    id="gigaam", state=ModelState.READY, default_languages=["ru"], capabilities=LIMITED
)
CAPABLE = READY_MODEL.model_copy(
    update={
        "default_languages": ["*"],
        "capabilities": LIMITED.model_copy(
            update={"languages": ["ru", "en", "de"], "beam_search": True}
        ),
    }
)


def _arrive(page: AppTest, *ready: str, n_uploading: int = 0) -> AppTest:
    """Simulate the browser's report of uploads."""
    page.session_state["uploader"] = {"uploads": {"ready": ready, "n_uploading": n_uploading}}
    return page.run()


def _start(page: AppTest, *ready: str) -> AppTest:
    return _arrive(page, *ready).button(key="start-button").click().run()


@pytest.mark.parametrize("method", list(NormalizationMethod))
def test_only_the_parameter_of_the_chosen_method_is_shown(open_page: OpenPage, method):
    page = open_page()
    page.segmented_control(key="option-normalization").set_value(method).run()
    parameters = {parameter for parameter, _ in NORMALIZATION_DEFAULTS.values()}
    shown = {slider.key.removeprefix("option-") for slider in page.slider} & parameters
    own = {NORMALIZATION_DEFAULTS[method][0]} if method in NORMALIZATION_DEFAULTS else set()
    assert shown == own


def test_what_the_model_cannot_do_is_disabled_with_the_reason(
    open_page: OpenPage, backend: StandInBackend
):
    """Else a recording is uploaded, and refused for an option chosen before."""
    backend.models = ModelList(data=[READY_MODEL.model_copy(update={"capabilities": LIMITED})])
    page = open_page()
    assert page.selectbox(key="option-language").options == [
        "русский", RU("options.language.auto"), "английский — English",
    ]  # fmt: skip
    widgets = [
        page.text_area(key="impossible-prompt"),
        page.radio(key="impossible-task"),
        page.slider(key="impossible-beam_size"),
        page.slider(key="impossible-temperature"),
    ]
    assert all(widget.disabled for widget in widgets)
    assert {widget.help for widget in widgets} == {
        RU("options.impossible", model="embedded/whisper-base")
    }
    _start(page, "upload-1")
    assert (backend.started[0].prompt, backend.started[0].beam_size) == ("", 1)


def _keys(page: AppTest) -> set[str | None]:
    return {each.key for each in (*page.selectbox, *page.slider)}


def test_a_single_model_is_no_choice(open_page: OpenPage, backend: StandInBackend):
    fallback = READY_MODEL.model_copy(update={"id": "small", "is_fallback": True})
    backend.models = ModelList(data=[CAPABLE, fallback])
    assert "option-model" not in _keys(open_page())


def test_the_options_follow_the_model_that_is_chosen(open_page: OpenPage, backend: StandInBackend):
    """Else a recording is refused for an option that the other model has."""
    backend.models = ModelList(data=[CAPABLE, OTHER])
    page = open_page()
    assert page.selectbox(key="option-model").options == [
        RU("options.model.auto"), CAPABLE.id, OTHER.id,
    ]  # fmt: skip
    assert "impossible-beam_size" in _keys(page), "Russian has the limited model"
    assert page.slider(key="impossible-beam_size").help == RU("options.impossible", model=OTHER.id)
    page.selectbox(key="option-language").set_value("de").run()
    assert "option-beam_size" in _keys(page)
    page.selectbox(key="option-language").set_value("auto").run()
    assert "impossible-beam_size" in _keys(page), "some of the speech may be Russian"
    page.selectbox(key="option-model").set_value(CAPABLE.id).run()
    assert "option-beam_size" in _keys(page)
    page.slider(key="option-beam_size").set_value(4)
    _start(page, "upload-1")
    assert (backend.started[0].model, backend.started[0].beam_size) == (CAPABLE.id, 4)


def test_a_model_that_is_gone_is_not_chosen_any_more(open_page: OpenPage, backend: StandInBackend):
    """Else every recording would be refused until the visitor finds the reason."""
    backend.models = ModelList(data=[CAPABLE, OTHER])
    page = open_page()
    page.selectbox(key="option-model").set_value(OTHER.id).run()
    backend.models = ModelList(data=[CAPABLE])
    st.cache_data.clear()
    _start(page, "upload-1")
    assert backend.started[0].model is None


def test_the_chosen_options_are_sent(open_page: OpenPage, backend: StandInBackend):
    page = open_page()
    page.segmented_control(key="option-normalization").set_value(NormalizationMethod.PEAK).run()
    page.slider(key="option-target_peak").set_value(0.5)
    page.selectbox(key="option-language").set_value("auto")
    page.slider(key="option-chunk_length_s").set_value(12.0)
    page.radio(key="option-task").set_value("translate")
    page.text_area(key="option-prompt").set_value("Лось, Аэлита")
    page.selectbox(key="option-audio-track").set_value(2)
    page.selectbox(key="option-diarization").set_value("voice").run()
    page.selectbox(key="option-num-speakers").set_value(2)
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
        low_latency=True,
        diarization="voice",
        num_speakers=2,
        beam_size=3,
        audio_track=2,
        temperature=0.2,
    )


def test_how_many_speakers_is_asked_only_where_they_are_told_apart_by_voice(
    open_page: OpenPage, backend: StandInBackend
):
    """Otherwise the backend refuses the job, for a number that makes no sense."""
    page = open_page()
    page.selectbox(key="option-num-speakers").set_value(3).run()
    page.selectbox(key="option-diarization").set_value("none").run()
    assert not [one for one in page.selectbox if one.key == "option-num-speakers"]
    _start(page, "upload-1")
    assert backend.started[0].options().num_speakers is None


def test_a_number_that_is_left_open_stays_a_choice(open_page: OpenPage) -> None:
    """Streamlit would offer to clear it, and then say "Choose an option" in English."""
    page = open_page().run()
    for key in ("option-num-speakers", "option-audio-track"):
        assert page.selectbox(key=key).proto.HasField("default"), key


def test_the_choice_about_speakers_is_remembered_but_not_their_number() -> None:
    chosen = TranscribeOptions(diarization="voice", num_speakers=3)
    default = chosen_options(TranscribeOptions(diarization="auto"))
    assert "diarization" not in default
    assert chosen_options(chosen) == default | {"diarization": "voice"}
    assert chosen_options(TranscribeOptions()) == default | {"diarization": "none"}


def _label(page: AppTest, code: str) -> str:
    select = page.selectbox(key="option-language")
    return next(label for label in select.options if label.endswith(code))


def test_the_language_follows_the_page_until_one_is_chosen(open_page: OpenPage):
    """English speech with a Russian default gives fluent nonsense."""
    page = open_page()
    assert page.selectbox(key="option-language").value == "ru"
    page.query_params["lang"] = "en"
    page.run()
    assert page.selectbox(key="option-language").value == "auto"
    page.selectbox(key="option-language").set_value("de").run()
    page.query_params["lang"] = "ru"
    page.run()
    assert page.selectbox(key="option-language").value == "de"


def test_a_language_is_found_by_its_own_name_and_by_that_in_the_page_s_language(
    open_page: OpenPage,
):
    page = open_page()
    assert _label(page, "Deutsch") == "немецкий — Deutsch"
    assert _label(page, "English") == "английский — English"
    assert "русский" in page.selectbox(key="option-language").options
