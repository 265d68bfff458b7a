"""A visitor gets from the empty page to a text, in a real browser against the real services."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.visits import LaunchChromium, OpenVisit
from real_services import REPOSITORY, Services
from speech_corpus import concatenated, russian_sentences
from spoken_words import wer, words

pytestmark = pytest.mark.slow

SCREENSHOT = REPOSITORY / "artefacts" / "example.png"
TRANSCRIPTION_MS = 240_000
HOSTILE_NAME = "<img src=x onerror=alert(1)> **b** :smile:.wav"


def _start(page: Page, name: str, content: bytes) -> None:
    upload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(upload)
    page.get_by_role("button", name="Расшифровать").click()
    page.wait_for_url("**job=*")


def _wait_for_text(page: Page) -> str:
    expect(page.get_by_role("button", name="Скопировать текст")).to_be_visible(
        timeout=TRANSCRIPTION_MS
    )
    return page.locator(".text").inner_text()


def test_a_recording_becomes_text_that_can_be_read_again_and_downloaded(open_visit: OpenVisit):
    sentences = russian_sentences(8)
    recording = concatenated(sentences, pause_s=0.8)
    page = open_visit().page
    _start(page, "Чтение вслух.wav", recording.read_bytes())
    text = _wait_for_text(page)

    spoken = " ".join(sentence.text for sentence in sentences)
    assert wer(spoken, text) < 0.3

    page.reload()
    assert _wait_for_text(page) == text

    page.get_by_role("tab", name="Фразы по времени").click()
    rows = page.locator("tbody tr")
    assert rows.count() > 1
    assert re.match(r"0:00:0\d\.\d", rows.first.inner_text())

    with page.expect_download() as download:
        page.get_by_role("button", name="Субтитры SRT").click()
    assert download.value.suggested_filename == "Чтение вслух.srt"
    assert re.match(r"1\r?\n00:00:0", Path(download.value.path()).read_text(encoding="utf-8"))

    page.mouse.move(0, 0)
    page.wait_for_timeout(500)  # until the button is no longer lit
    SCREENSHOT.parent.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOT)


def test_a_file_s_name_is_shown_and_never_run(open_visit: OpenVisit):
    recording = russian_sentences(1)[0].path
    page = open_visit().page
    _start(page, HOSTILE_NAME, recording.read_bytes())
    _wait_for_text(page)
    expect(page.get_by_text(HOSTILE_NAME, exact=True)).to_be_visible()
    assert page.locator("img[src='x']").count() == 0


def test_a_file_that_is_no_recording_is_refused_in_plain_words(open_visit: OpenVisit):
    page = open_visit().page
    upload = {"name": "a.wav", "mimeType": "audio/wav", "buffer": b"This is a letter. " * 500}
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(upload)
    page.get_by_role("button", name="Расшифровать").click()
    expect(page.get_by_text("Это не аудио и не видео")).to_be_visible()
    expect(page.get_by_text("Номер запроса:")).to_be_visible()
    page.get_by_role("button", name="Вернуться к выбору записи").click()
    expect(page.get_by_text("Выберите запись, и можно начинать.")).to_be_visible()


def test_speech_into_the_microphone_becomes_text(
    open_visit: OpenVisit, launch_chromium: LaunchChromium
):
    """Chromium's microphone plays a recording, over and over."""
    sentence = russian_sentences(1)[0]
    browser = launch_chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={sentence.path}",
    )
    page = open_visit(browser, permissions=["microphone"]).page
    page.get_by_role("radio", name="Микрофон").click()
    page.get_by_role("button", name="Record").click()
    page.wait_for_timeout(9_000)
    page.get_by_role("button", name="Stop recording").click()
    start = page.get_by_role("button", name="Расшифровать")
    expect(start).to_be_enabled()
    start.click()
    text = _wait_for_text(page)
    assert set(words(text)) & set(words(sentence.text))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(open_visit: OpenVisit, scheme: str):
    page = open_visit(width=360, color_scheme=scheme).page
    too_wide = "document.querySelector('[data-testid=stMain]').scrollWidth > innerWidth"
    expect(page.get_by_role("button", name="Расшифровать")).to_be_visible()
    assert not page.evaluate(too_wide)
    _start(page, "Ж" * 120 + ".wav", russian_sentences(1)[0].path.read_bytes())
    _wait_for_text(page)
    assert not page.evaluate(too_wide)


def test_a_backend_that_goes_and_comes_back_needs_no_click(
    open_visit: OpenVisit, services: Services
):
    page = open_visit().page
    away = page.get_by_text("Сервис расшифровки сейчас не отвечает")
    expect(away).to_have_count(0)
    services.backend.stop()
    expect(away).to_be_visible()
    services.backend.start()
    services.backend.wait_until_ready()
    expect(away).to_have_count(0)
