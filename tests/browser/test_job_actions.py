"""What can be done with a transcription from its own page, against the real services."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.axe_rules import severe_violations
from browser.visits import OpenVisit
from browser.written_transcripts import long_phrases, write_finished
from testbed.services import REPOSITORY, Services

pytestmark = pytest.mark.slow

OPENING_MS = 30_000
"""Milliseconds in which a busy machine opens the page."""

COMPARISON_SCREENSHOT = REPOSITORY / "artefacts" / "comparison.png"


def _written(services: Services, name: str) -> str:
    return write_finished(
        Path(services.backend.environment["DATA_DIR"]), long_phrases(3), name=name
    )


def _job(services: Services, job_id: str) -> httpx.Response:
    return httpx.get(f"{services.backend.url}/v1/transcriptions/{job_id}", trust_env=False)


def _choose(page: Page, name: str) -> None:
    page.locator(".more summary").click()
    page.locator(".more .menu-panel").get_by_role("button", name=name).click()


def test_a_recording_is_renamed_tagged_and_deleted_from_its_own_page(
    open_visit: OpenVisit, services: Services
):
    """These actions would be found in the history only, and the tab would have no name."""
    job_id = _written(services, "Запись 1.wav")
    page = open_visit().page
    page.goto(f"{services.frontend.url}/?job={job_id}")
    expect(page).to_have_title("Запись 1.wav · Речь в текст", timeout=OPENING_MS)

    page.get_by_role("heading", name="Запись 1.wav").click()
    page.get_by_role("textbox", name="Название").fill("Планёрка")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Планёрка · Речь в текст")
    _choose(page, "Переименовать")
    page.keyboard.type("не это")
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Планёрка")).to_be_visible()

    _choose(page, "Метки")
    page.get_by_label("Через запятую").fill("работа, отдел ")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("link", name="отдел")).to_be_visible()
    job = _job(services, job_id).json()
    assert (job["title"], job["tags"]) == ("Планёрка", ["отдел", "работа"])

    _choose(page, "Удалить")
    page.locator("dialog").get_by_role("button", name="Удалить").click()
    expect(page.get_by_role("heading", name="История")).to_be_visible()
    expect(page).to_have_title("История · Речь в текст")
    assert _job(services, job_id).status_code == 404


def test_a_shared_link_shows_the_transcript_until_it_is_revoked(
    open_visit: OpenVisit, services: Services
):
    """Colleagues could not read a transcript, or could go on to read it."""
    job_id = _written(services, "Запись 3.wav")
    page = open_visit().page
    page.goto(f"{services.frontend.url}/?job={job_id}")
    expect(page.locator(".segment").first).to_be_visible(timeout=OPENING_MS)
    _choose(page, "Поделиться ссылкой")
    page.get_by_role("button", name="Создать ссылку").click()
    link = page.get_by_role("textbox", name="Ссылка для чтения").input_value()

    reader = open_visit(width=360).page
    reader.goto(link)
    expect(reader.get_by_role("heading", name="Запись 3.wav")).to_be_visible()
    phrase = reader.locator("section p span").nth(1)
    phrase.click()
    expect(phrase).to_have_class("spoken")
    assert severe_violations(reader) == []

    page.get_by_role("button", name="Отозвать").click()
    expect(page.get_by_role("button", name="Отозвать")).to_be_hidden()
    reader.reload()
    expect(reader.get_by_text("Эта ссылка не работает")).to_be_visible()


def test_a_recording_is_transcribed_again_in_another_language(
    open_visit: OpenVisit, services: Services
):
    """The wrong language could be mended by another upload only."""
    job_id = _written(services, "Запись 2.wav")
    page = open_visit().page
    page.goto(f"{services.frontend.url}/?job={job_id}")
    expect(page.locator(".segment").first).to_be_visible(timeout=OPENING_MS)
    _choose(page, "Расшифровать заново")
    page.get_by_role("combobox", name="Язык речи").select_option("de")
    page.get_by_role("button", name="Расшифровать", exact=True).click()
    page.wait_for_url(lambda url: "job=" in url and job_id not in url.partition("&")[0])
    repeated = page.url.partition("job=")[2].partition("&")[0]
    assert page.url.endswith(f"&compare={job_id}"), "the new text is shown beside the old one"
    assert _job(services, repeated).json()["options"]["language"] == "de"
    assert _job(services, job_id).is_success


@pytest.mark.parametrize("width", [360, 1280])
def test_two_transcripts_are_compared_and_one_is_kept(
    open_visit: OpenVisit, services: Services, width: int
):
    """Whether another model or language helped would have to be found by reading both texts."""
    data = Path(services.backend.environment["DATA_DIR"])
    said = ["мы подпишем договор в пятницу", "если юрист ответит до обеда"]
    rewritten = ["Мы подпишем договор в четверг.", "Если юрист ответит до обеда."]
    old = write_finished(data, said, name="Было.wav")
    new = write_finished(data, rewritten, name="Стало.wav")
    page = open_visit(width=width).page
    page.goto(f"{services.frontend.url}/?job={new}&compare={old}")
    comparison = page.get_by_role("region", name="Сравнение двух расшифровок")
    expect(comparison.locator("del")).to_have_text("пятницу", timeout=OPENING_MS)
    expect(comparison.locator("ins")).to_have_text("четверг.")
    expect(page.locator(".transcript")).to_be_hidden()
    before, after = (comparison.locator("p[dir]").nth(place).bounding_box() for place in (0, 1))
    is_beside = before["y"] == after["y"] and before["x"] + before["width"] < after["x"]
    is_below = before["x"] == after["x"] and before["y"] + before["height"] <= after["y"]
    assert is_below if width == 360 else is_beside
    assert severe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    if width > 1000:
        page.screenshot(path=COMPARISON_SCREENSHOT)
    page.get_by_role("button", name="Оставить только эту").last.click()
    expect(page.locator("dialog")).to_contain_text("Было.wav")
    page.locator("dialog").get_by_role("button", name="Удалить").click()
    expect(comparison).to_be_hidden()
    expect(page.locator(".transcript")).to_be_visible()
    assert "compare" not in page.url
    assert _job(services, old).status_code == 404
    assert _job(services, new).is_success
