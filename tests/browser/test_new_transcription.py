"""From the empty page to a started job, in a real browser against the real services."""

import re
import time
import wave
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from audio_files import write_encoded
from browser.visits import LaunchChromium, OpenVisit
from contracts.jobs import Job, JobPage, JobStatus
from speech_corpus import russian_sentences
from spoken_words import words
from testbed.services import REPOSITORY, Services
from testbed.speech import Sentence, concatenated

pytestmark = pytest.mark.slow

SCREENSHOT = REPOSITORY / "artefacts" / "new_transcription.png"
SENDING_MS = 30_000
HOSTILE_STEM = "<img src=x onerror=alert(1)> **b** :smile:"
CODECS = {"wav": "PCM", "mp3": "MP3", "ogg": "OPUS", "mp4": "AAC"}
SLOW_UPLOAD = {
    "offline": False,
    "latency": 5,
    "downloadThroughput": -1,
    "uploadThroughput": 1_000_000,
}


def _input(page: Page) -> Locator:
    return page.locator(".uploader input[type=file]")


def _card(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=name)


def _start_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Расшифровать")


def _wait_for_end(services: Services, job_id: str) -> Job:
    job: Job | None = None
    with httpx.Client(base_url=services.backend.url, trust_env=False, timeout=30) as backend:
        while job is None or not job.status.is_final:
            answer = backend.get(f"/v1/transcriptions/{job_id}")
            job = Job.model_validate_json(answer.content)
    return job


@pytest.fixture(scope="module")
def spoken() -> Sentence:
    return russian_sentences(1)[0]


@pytest.fixture(scope="module")
def of_each_format(spoken: Sentence, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same speech in each format; one file name would run if it were markup."""
    folder = tmp_path_factory.mktemp("formats")
    files = [folder / f"Звонок.{suffix}" for suffix in CODECS]
    files[0].write_bytes(spoken.path.read_bytes())
    with wave.open(str(spoken.path)) as source:
        samples = np.frombuffer(source.readframes(source.getnframes()), "<i2")
    signal = samples.astype(np.float32) / 32_768
    write_encoded(files[1], signal, "libmp3lame")
    write_encoded(files[2], signal, "libopus")
    write_encoded(files[3], signal, "aac", with_picture=True)
    files[2] = files[2].rename(folder / f"{HOSTILE_STEM}.ogg")
    return files


def test_files_of_each_format_are_previewed_played_and_started_together(
    open_visit: OpenVisit, services: Services, spoken: Sentence, of_each_format: list[Path]
):
    """If this fails, users cannot check a recording before they start it, or cannot start it."""
    page = open_visit().page
    expect(page.get_by_text("Выберите запись, чтобы начать.")).to_be_visible()
    page.route(re.compile("/recording[?]"), _estimate_five_minutes)
    _input(page).set_input_files(of_each_format)
    for index, file in enumerate(of_each_format, start=1):  # waits for those before it
        expect(_card(page, file.name)).to_contain_text(f"через {5 * index} минут")
    for file, codec in zip(of_each_format, CODECS.values(), strict=True):
        expect(_card(page, file.name)).to_contain_text(codec)
        expect(_card(page, file.name)).to_contain_text("LUFS")
    assert page.locator("img[src='x']").count() == 0

    card = _card(page, of_each_format[1].name)
    card.get_by_text("Посмотреть и послушать").click()
    with page.expect_response(re.compile("/excerpt.*normalization=lufs")) as answer:
        card.get_by_role("button", name="Послушать: После выравнивания").click()
    assert answer.value.headers["content-type"] == "audio/wav"
    expect(card.get_by_role("button", name="Стоп")).to_be_visible()
    page.get_by_text("Дополнительно").click()
    page.get_by_role("radio", name="Не менять").click()
    expect(card).to_contain_text("Без изменений")

    _start_button(page).click()
    page.wait_for_url("**view=history*")
    listed = httpx.get(f"{services.backend.url}/v1/transcriptions?limit=4", trust_env=False)
    jobs = JobPage.model_validate_json(listed.content).items
    assert {job.file.name for job in jobs} == {file.name for file in of_each_format}
    for job in [_wait_for_end(services, job.id) for job in jobs]:
        assert job.status is JobStatus.COMPLETED
        assert job.result is not None
        assert set(words(job.result.text)) & set(words(spoken.text))
        assert job.options.word_timestamps
        assert job.options.normalization == "none"


def _estimate_five_minutes(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "estimate_s": 300})


def test_speech_recorded_by_the_microphone_is_transcribed(
    open_visit: OpenVisit, launch_chromium: LaunchChromium, services: Services, spoken: Sentence
):
    """Chromium's fake microphone plays a recording in a loop."""
    browser = launch_chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken.path}",
    )
    page = open_visit(browser, permissions=["microphone"]).page
    page.get_by_role("button", name="Записать с микрофона").click()
    meter = page.get_by_role("meter")
    expect(meter).to_have_attribute("aria-valuenow", re.compile("^[3-9][0-9]$"))
    expect(page.get_by_role("timer")).to_have_text("0:09", timeout=SENDING_MS)
    expect(page.get_by_text("Идёт запись")).to_be_visible()
    page.get_by_role("button", name="Пауза").click()
    expect(page.get_by_text("Запись на паузе")).to_be_visible()
    page.get_by_role("button", name="Остановить и сохранить").click()
    expect(_card(page, "Запись с микрофона")).to_contain_text("OPUS")
    _start_button(page).click()
    page.wait_for_url("**job=*")
    job = _wait_for_end(services, page.url.split("job=")[1].split("&")[0])
    assert job.result is not None
    assert set(words(job.result.text)) & set(words(spoken.text))
    assert re.fullmatch(r"Запись с микрофона [\d-]{10} [\d-]{8}", job.file.name), "it is the title"


def test_an_upload_resumes_after_a_pause_and_after_a_reload_where_it_stopped(
    open_visit: OpenVisit, tmp_path: Path
):
    """Otherwise a reload would send a large file again from its beginning."""
    recording = _long_recording(tmp_path / "Лекция.wav", n_bytes=12_000_000)
    visit = open_visit()
    page = visit.page
    offsets: list[int] = []
    page.on("request", lambda request: _note_offset(request, offsets))
    network = visit.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW_UPLOAD)

    _input(page).set_input_files(recording)
    card = _card(page, recording.name)
    expect(card).to_contain_text(re.compile(r"[1-9],?\d*\sМБ из 11,4\sМБ · .*/с · ещё"))
    expect(_start_button(page)).to_be_disabled()
    card.get_by_role("button", name="Пауза").click()
    expect(card).to_contain_text("Пауза: загружено")
    card.get_by_role("button", name="Продолжить").click()
    expect(card).to_contain_text(re.compile(r"wav[4-9],\d\sМБ из"), timeout=SENDING_MS)
    page.reload()

    again = card.get_by_role("button", name="Выбрать файл ещё раз")
    expect(again).to_be_visible()
    with page.expect_file_chooser() as chooser:
        again.click()
    chooser.value.set_files(recording)
    expect(card).to_contain_text("PCM", timeout=SENDING_MS)
    expect(_start_button(page)).to_be_enabled()
    assert offsets[0] == 0
    assert offsets[1] > 0  # after the pause
    assert offsets[-1] >= 4_000_000  # after the reload
    assert offsets == sorted(offsets)
    page.reload()
    expect(card).to_contain_text("PCM", timeout=SENDING_MS)  # a finished upload survives a reload
    expect(_start_button(page)).to_be_enabled()
    SCREENSHOT.parent.mkdir(exist_ok=True)
    card.get_by_text("Посмотреть и послушать").click()
    page.screenshot(path=SCREENSHOT)
    card.get_by_role("button", name="Убрать запись").click()
    expect(page.get_by_role("listitem")).to_have_count(0)
    expect(_start_button(page)).to_be_disabled()


def test_an_upload_survives_temporary_failures_and_starts_again_when_the_server_lost_it(
    open_visit: OpenVisit, spoken: Sentence
):
    """Otherwise a restart of the backend or a broken connection would lose the recording."""
    page = open_visit().page
    busy = {"status": 503, "headers": {"Retry-After": "2"}}
    failures = {
        "POST": [lambda route: route.fulfill(**busy)],
        "PATCH": [lambda route: route.abort("connectionreset")],
        "HEAD": [lambda route: route.fulfill(status=404)],
    }
    requests: list[tuple[str, float]] = []

    def interfere(route: Route) -> None:
        method = route.request.method
        requests.append((method, time.monotonic()))
        left = failures.get(method)
        left.pop()(route) if left else route.continue_()

    page.route(re.compile("/backend/v1/uploads/[^/]*$"), interfere)
    _input(page).set_input_files(spoken.path)
    card = _card(page, spoken.path.name)
    expect(card).to_contain_text("Связь прервалась")
    expect(card).to_contain_text("PCM", timeout=SENDING_MS)
    methods = [method for method, _ in requests]
    assert methods == ["POST", "POST", "PATCH", "HEAD", "POST", "PATCH"]
    assert requests[1][1] - requests[0][1] >= 1.9  # Retry-After is kept
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as removed:
        card.get_by_role("button", name="Убрать запись").click()
    assert removed.value.status == 204


def _note_offset(request: Request, offsets: list[int]) -> None:
    if request.method == "PATCH":
        offsets.append(int(request.headers["upload-offset"]))


def _long_recording(path: Path, n_bytes: int) -> Path:
    with wave.open(str(concatenated(russian_sentences(8), pause_s=0.8))) as source:
        parameters, frames = source.getparams(), source.readframes(source.getnframes())
    with wave.open(str(path), "wb") as target:
        target.setparams(parameters)
        target.writeframes((frames * (n_bytes // len(frames) + 1))[:n_bytes])
    return path


def test_a_file_that_cannot_be_transcribed_is_explained_before_the_start(
    open_visit: OpenVisit, tmp_path: Path
):
    """Each explanation is at its own file, and a good recording can still be started."""
    too_large = tmp_path / "large.wav"
    with too_large.open("wb") as file:
        file.truncate(4 * 2**30 + 1)
    page = open_visit().page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    _input(page).set_input_files(too_large)
    expect(_card(page, "large.wav")).to_contain_text("Файл больше 4 ГБ")
    assert "POST" not in sent

    letter = {"name": "a.wav", "mimeType": "audio/wav", "buffer": b"This is a letter. " * 500}
    _input(page).set_input_files(letter)
    expect(_card(page, "a.wav")).to_contain_text("Это не аудио и не видео")
    expect(_card(page, "a.wav")).to_contain_text("Номер запроса:")
    expect(_start_button(page)).to_be_disabled()
    _input(page).set_input_files(russian_sentences(1)[0].path)
    expect(_start_button(page)).to_be_enabled()


def test_nothing_moves_when_the_facts_of_a_recording_arrive(
    open_visit: OpenVisit, spoken: Sentence
):
    """A click on a setting would hit what has moved under the pointer."""
    page = open_visit().page
    routes: list[Route] = []
    page.route(re.compile("/recording[?]"), lambda route: routes.append(route))  # noqa: PLW0108
    _input(page).set_input_files(spoken.path)
    card, language = _card(page, spoken.path.name), page.get_by_role("combobox", name="Язык речи")
    expect(card).to_contain_text("Анализируем запись")
    expect(page.get_by_role("button", name="Добавить файлы")).not_to_contain_class("primary")
    expect(_start_button(page)).to_be_enabled()
    before = language.bounding_box()
    routes[0].continue_()
    expect(card).to_contain_text("LUFS")
    expect(card.get_by_role("button", name="Послушать: Исходная запись")).to_be_hidden()
    page.wait_for_timeout(300)
    assert language.bounding_box() == before


def test_the_new_transcription_fits_a_phone(open_visit: OpenVisit, spoken: Sentence):
    page = open_visit(width=360, color_scheme="dark").page
    too_wide = "document.querySelector('[data-testid=stMain]').scrollWidth > innerWidth"
    assert not page.evaluate(too_wide)
    name = "Ж" * 120 + ".wav"
    upload = {"name": name, "mimeType": "audio/wav", "buffer": spoken.path.read_bytes()}
    _input(page).set_input_files(upload)
    expect(_card(page, name)).to_contain_text("LUFS")
    expect(_start_button(page)).to_be_enabled()
    assert not page.evaluate(too_wide)


def test_the_start_button_is_in_sight_on_a_phone_and_below_everything(open_visit: OpenVisit):
    page = open_visit(width=360).page
    button = _start_button(page).bounding_box()
    language = page.get_by_role("combobox", name="Язык речи").bounding_box()
    advanced = page.get_by_text("Дополнительно").bounding_box()
    assert button is not None
    assert language is not None
    assert advanced is not None
    assert language["y"] < advanced["y"] < button["y"] < 740
    page.get_by_text("Дополнительно").click()
    for choice in ("Знаки препинания", "Числа", "Типографика"):
        group = page.get_by_role("radiogroup", name=choice)
        heights = {radio.bounding_box()["y"] for radio in group.get_by_role("radio").all()}
        assert len(heights) == 1, f"{choice} breaks into two lines"


def test_the_options_survive_a_reload(open_visit: OpenVisit):
    """A change of the theme reloads the page too."""
    page = open_visit().page
    page.get_by_role("textbox", name="Имена и термины").fill("Лось\nАэлита")
    streamlits_english = page.get_by_test_id("InputInstructions").filter(visible=True)
    expect(streamlits_english).to_have_count(0)
    page.get_by_text("Дополнительно").click()
    page.get_by_role("radio", name="По пику").click()
    language = page.get_by_role("combobox", name="Язык речи").first
    language.click()
    language.fill("ъъъ")
    empty = page.locator("[data-testid=stSelectboxVirtualDropdown] [role=option] > span")
    expect(empty).to_have_css("font-size", "0px")  # Streamlit's English
    language.fill("англ")
    page.get_by_role("option", name="английский — English").click()
    expect(page.get_by_text("Уровень пика")).to_be_visible()
    page.wait_for_timeout(1000)
    page.reload()
    terms = page.get_by_role("textbox", name="Имена и термины")
    expect(terms).to_have_value("Лось\nАэлита")
    terms.fill("")  # it is saved for all new transcriptions
    terms.blur()
    expect(language).to_have_value("английский — English")
    page.get_by_text("Дополнительно").click()
    expect(page.get_by_role("radio", name="По пику")).to_be_checked()
