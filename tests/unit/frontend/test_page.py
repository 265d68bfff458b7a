"""The page as Streamlit draws it, against a real HTTP stand-in of the backend."""

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from contracts.audio import NORMALIZATION_DEFAULTS, NormalizationMethod
from contracts.jobs import JobStatus, JobWarning, Progress, Stage
from contracts.models import (
    Health,
    HealthCheck,
    HealthStatus,
    ModelIdentity,
    ModelInfo,
    ModelList,
    ModelState,
)
from contracts.problems import ProblemType
from contracts.transcription import Segment, TranscribeOptions, Transcript
from frontend.components import transcript
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import (
    READY_MODEL,
    OpenPage,
    StandInBackend,
    make_job,
    problem,
)

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
    """Return the data that went to our own components."""
    return [json.loads(each.proto.json) for each in page.get("bidi_component")]


def _send(page: AppTest, content: bytes = b"sound" * 1000, name: str = "Звонок.ogg") -> AppTest:
    page.file_uploader(key="upload").upload(name, content, "audio/ogg").run()
    return page.button(key="start").click().run()


def test_the_empty_page_says_what_to_do(open_page: OpenPage):
    page = open_page()
    assert not page.exception
    assert RU("start.no_file") in _shown(page)
    assert page.button(key="start").disabled


def test_the_page_opens_in_russian_and_changes_to_english(open_page: OpenPage):
    page = open_page()
    assert RU("app.title") in page.title[0].value
    page.segmented_control(key="lang").set_value(Language.EN).run()
    assert "Speech to text" in page.title[0].value
    assert not re.search("[а-яё]", _shown(page), re.IGNORECASE)


def test_a_recording_becomes_a_job_with_its_own_address(
    open_page: OpenPage, backend: StandInBackend
):
    page = _send(open_page())
    assert not page.exception
    assert page.query_params["job"] == "job-1"
    (upload,) = backend.uploads.values()
    assert bytes(upload.content) == b"sound" * 1000
    assert upload.name == "Звонок.ogg"
    assert backend.started[0].options() == TranscribeOptions()


def test_the_microphone_s_recording_is_sent_under_a_name_that_tells_what_it_is(
    open_page: OpenPage, backend: StandInBackend
):
    page = open_page()
    page.segmented_control(key="source").set_value("microphone").run()
    page.audio_input(key="microphone").upload("audio.wav", b"RIFF").run()
    page.button(key="start").click().run()
    (upload,) = backend.uploads.values()
    assert upload.name.startswith("Запись с микрофона ")
    assert upload.name.endswith(".wav")


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
    page.toggle(key="option-word-timestamps").set_value(True)
    page.slider(key="option-beam_size").set_value(3)
    page.slider(key="option-temperature").set_value(0.2)
    _send(page)
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


def test_a_file_over_the_limit_is_refused_before_it_is_sent(
    open_page: OpenPage, backend: StandInBackend, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MAX_UPLOAD_BYTES", "1000")
    page = open_page()
    page.file_uploader(key="upload").upload("a.mp3", b"x" * 1001, "audio/mpeg").run()
    assert page.button(key="start").disabled
    assert page.error[0].value.startswith("**Файл больше 1\xa0000 Б")
    assert backend.uploads == {}


def test_a_refused_recording_is_explained_and_can_be_sent_again(
    open_page: OpenPage, backend: StandInBackend
):
    backend.start_problem = ProblemType.QUEUE_FULL
    page = _send(open_page())
    assert RU("problem.queue_full") in page.error[0].value
    assert "req-1" in _shown(page)
    backend.start_problem = None
    page.button(key="retry").click().run()
    assert page.query_params["job"] == "job-1"


def test_a_backend_that_goes_away_while_sending_costs_nothing_but_a_click(
    open_page: OpenPage, backend: StandInBackend, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("frontend.backend_client.RETRY_DELAY_S", 0.0)
    page = open_page()
    page.file_uploader(key="upload").upload("a.mp3", b"x" * 1000, "audio/mpeg").run()
    backend.patch_faults = ["drop"] * 5
    page.button(key="start").click().run()
    assert RU("problem.unavailable") in page.error[0].value
    page.button(key="retry").click().run()
    assert page.query_params["job"] == "job-1"


def test_a_running_job_shows_stage_share_time_left_and_the_text_so_far(
    open_page: OpenPage, backend: StandInBackend
):
    progress = Progress(processed_s=42, total_s=100, eta_s=130, stage=Stage.TRANSCRIBING)
    backend.jobs["job-1"] = make_job(
        status=JobStatus.RUNNING, progress=progress, result=_transcript("первая", "вторая")
    )
    page = open_page(job="job-1")
    (bar,) = page.get("progress")
    assert bar.proto.text == "Распознаём речь · 42\xa0% · осталось около 2 минут"
    assert bar.proto.value == 42
    (data,) = _component_data(page)
    assert [row[2] for row in data["rows"]] == ["первая", "вторая"]


def test_a_queued_job_says_that_it_waits(open_page: OpenPage, backend: StandInBackend):
    backend.jobs["job-1"] = make_job()
    page = open_page(job="job-1")
    assert RU("running.queued") in _shown(page)
    assert RU("running.text_soon") in _shown(page)


def test_a_job_that_ends_is_shown_whole_without_a_click(
    open_page: OpenPage, backend: StandInBackend
):
    backend.jobs["job-1"] = make_job()
    page = open_page(job="job-1")
    backend.jobs["job-1"] = make_job(status=JobStatus.COMPLETED, result=_transcript("готово"))
    page.run()
    assert [button.label for button in page.download_button] == [
        RU(f"result.download.{form}") for form in ("txt", "docx", "srt", "vtt", "tsv", "json")
    ]
    text, segments = _component_data(page)
    assert text["text"] == "готово"
    assert segments["rows"] == [["0:00:00.0", "0:00:01.5", "готово"]]


def test_a_result_tells_what_it_is_who_made_it_and_what_was_wrong(
    open_page: OpenPage, backend: StandInBackend
):
    backend.jobs["job-1"] = make_job(
        status=JobStatus.COMPLETED,
        result=_transcript("раз два"),
        model=MODEL,
        warnings=list(JobWarning),
    )
    page = open_page(job="job-1")
    assert "6 мин 12 с · русский · 2 слова" in _shown(page)
    assert "embedded/whisper-base (0123456789ab)" in _shown(page)
    assert [each.value for each in page.warning] == [RU(f"warning.{w}") for w in JobWarning]


@pytest.mark.parametrize("language", list(Language))
def test_a_transcript_from_the_store_is_told_as_such(
    open_page: OpenPage, backend: StandInBackend, language: Language
):
    """Else a text that is there at once, or an old one, would look like a mistake."""
    job = make_job(status=JobStatus.COMPLETED, result=_transcript("раз"), model=MODEL)
    line = Translator(language)("result.cached")
    for is_cached in (True, False):
        backend.jobs["job-1"] = job.model_copy(update={"cached": is_cached})
        page = open_page(job="job-1")
        page.segmented_control(key="lang").set_value(language).run()
        assert (line in _shown(page)) is is_cached


@pytest.mark.parametrize(
    "kind",
    [ProblemType.NO_AUDIO_STREAM, ProblemType.LLM_FAILED, ProblemType.INTERNAL],
    ids=lambda kind: kind.name,
)
def test_a_failed_job_is_explained_in_words_with_its_request_id(
    open_page: OpenPage, backend: StandInBackend, kind: ProblemType
):
    backend.jobs["job-1"] = make_job(status=JobStatus.FAILED, error=problem(kind, "req-77"))
    page = open_page(job="job-1")
    key = f"problem.{kind.name.lower()}"
    assert page.error[0].value == f"**{RU(key)}**  \n{RU(f'{key}.next')}"
    assert RU("problem.request_id", id="req-77") in _shown(page)


def test_silence_is_no_error(open_page: OpenPage, backend: StandInBackend):
    backend.jobs["job-1"] = make_job(status=JobStatus.COMPLETED, result=_transcript())
    page = open_page(job="job-1")
    assert RU("result.no_speech") in page.info[0].value
    assert not page.error
    assert not page.download_button


def test_a_cancelled_job_shows_what_it_had(open_page: OpenPage, backend: StandInBackend):
    backend.jobs["job-1"] = make_job(status=JobStatus.CANCELLED, result=_transcript("начало"))
    page = open_page(job="job-1")
    assert page.info[0].value == RU("result.cancelled")
    assert _component_data(page)[0]["text"] == "начало"


def test_an_address_without_a_job_leads_back(open_page: OpenPage):
    page = open_page(job="../../health")
    assert RU("problem.job_not_found") in page.info[0].value
    assert not page.error
    page.button(key="new").click().run()
    assert "job" not in page.query_params
    assert page.button(key="start")


def test_names_and_texts_of_others_are_never_read_as_markup(
    open_page: OpenPage, backend: StandInBackend
):
    """The hostile text may only be in `st.text` and in the data of our own components."""
    job = make_job(
        status=JobStatus.COMPLETED,
        result=_transcript(HOSTILE),
        model=MODEL.model_copy(update={"name": HOSTILE}),
    )
    job.file.name = HOSTILE
    backend.jobs["job-1"] = job
    page = open_page(job="job-1")
    literal = [element.value for element in page.text]
    assert HOSTILE in literal
    assert all(HOSTILE in data.get("text", HOSTILE) for data in _component_data(page))
    interpreted = ("markdown", "caption", "title", "header", "info", "warning", "error", "html")
    values = [str(element.value) for kind in interpreted for element in page.get(kind)]
    assert not any("alert(1)" in value for value in values)


def test_the_transcript_s_scripts_write_text_never_markup():
    """The other half of the test above: what the browser does with the data."""
    for name in ("text.js", "segments.js"):
        source = transcript._source(name)
        assert "textContent" in source
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", source)


def test_a_backend_that_is_down_is_announced_and_its_return_noticed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, backend: StandInBackend
):
    url = backend.url
    backend.url = "http://127.0.0.1:9"  # nobody listens there
    page = open_page(job="job-1")
    assert RU("service.away") in page.warning[0].value
    assert not page.exception
    backend.jobs["job-1"] = make_job(status=JobStatus.COMPLETED, result=_transcript("готово"))
    monkeypatch.setenv("BACKEND_URL", url)
    page.run()
    assert not page.warning
    assert _component_data(page)[0]["text"] == "готово"


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
