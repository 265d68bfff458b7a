"""Notes beside the text, against the real services."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.axe_rules import severe_violations
from browser.visits import OpenVisit
from browser.written_transcripts import long_phrases, write_finished
from testbed.services import Services

pytestmark = pytest.mark.slow

OPENING_MS = 30_000
"""Milliseconds in which a busy machine opens the page."""


def _open(page: Page, services: Services, name: str) -> str:
    """Open a finished transcript; return the address of its notes."""
    data = Path(services.backend.environment["DATA_DIR"])
    job_id = write_finished(data, long_phrases(20), name=name)
    page.goto(f"{services.frontend.url}/?job={job_id}")
    expect(page.locator(".segment").first).to_be_visible(timeout=OPENING_MS)
    return f"{services.backend.url}/v1/transcriptions/{job_id}/notes"


def _stored(url: str) -> list[tuple[float, str]]:
    items = httpx.get(url, trust_env=False).json()["items"]
    return [(note["time"], note["text"]) for note in items]


def _current_time(page: Page) -> float:
    return page.locator("video").evaluate("(video) => video.currentTime")


def _go_to(page: Page, seconds: float) -> None:
    page.locator("video").evaluate("(video, at) => { video.currentTime = at; }", seconds)
    expect(page.locator(".clock")).to_contain_text(f"0:{int(seconds):02} /")


def test_a_note_is_written_by_key_played_edited_deleted_and_restored(
    open_visit: OpenVisit, services: Services
):
    """A thought while listening would have to be kept in another program, without its moment."""
    page = open_visit(width=1440).page
    url = _open(page, services, "Заметки.wav")
    panel, text = page.get_by_role("region", name="Заметки"), page.locator(".transcript")
    expect(panel).to_contain_text("клавишу M")
    assert panel.bounding_box()["x"] > text.bounding_box()["x"] + text.bounding_box()["width"]

    _go_to(page, 12)
    page.keyboard.press("KeyM")
    page.keyboard.type("спросить у юриста")
    page.keyboard.press("Enter")
    expect(panel.get_by_text("спросить у юриста")).to_be_visible()
    _go_to(page, 5)
    panel.get_by_role("button", name="Добавить заметку").click()
    page.get_by_role("textbox", name="Заметка, 0:05").fill("раньше <b>всех</b>")
    page.get_by_role("button", name="Сохранить").click()
    expect(panel.locator("li .note-text")).to_have_text(["раньше <b>всех</b>", "спросить у юриста"])
    assert _stored(url) == [(5.0, "раньше <b>всех</b>"), (12.0, "спросить у юриста")]
    assert severe_violations(page) == []

    panel.get_by_role("button", name="Слушать с 0:12").click()
    assert _current_time(page) >= 12
    page.keyboard.press("KeyK")
    page.get_by_role("button", name="Изменить заметку, 0:12").click()
    page.keyboard.press("End")
    page.keyboard.type(" завтра")
    page.keyboard.press("Escape")
    expect(panel.get_by_text("спросить у юриста", exact=True)).to_be_visible()
    page.get_by_role("button", name="Изменить заметку, 0:12").click()
    page.get_by_role("textbox", name="Заметка, 0:12").fill("спросить завтра")
    page.get_by_role("heading", name="Заметки", exact=True).click()
    expect(panel.get_by_text("спросить завтра", exact=True)).to_be_visible()

    page.get_by_role("button", name="Удалить заметку, 0:05").click()
    expect(panel.get_by_text("Заметка удалена")).to_be_visible()
    assert _stored(url) == [(12.0, "спросить завтра")]
    panel.get_by_role("button", name="Вернуть").click()
    expect(panel.locator("li .note-text")).to_have_text(["раньше <b>всех</b>", "спросить завтра"])
    page.reload()
    expect(page.locator(".segment").first).to_be_visible(timeout=OPENING_MS)
    expect(panel.locator("li .note-text")).to_have_text(["раньше <b>всех</b>", "спросить завтра"])


def test_on_a_phone_the_notes_are_a_sheet(open_visit: OpenVisit, services: Services):
    """Below a long text nobody would find them."""
    page = open_visit(width=360, has_touch=True).page
    url = _open(page, services, "Заметки на телефоне.wav")
    panel = page.locator(".note-panel")
    expect(panel).to_be_hidden()
    toggle = page.get_by_role("button", name="Заметки: 0")
    toggle.tap()
    panel.get_by_role("button", name="Добавить заметку").tap()
    page.get_by_role("textbox", name="Заметка, 0:00").fill("перезвонить")
    page.get_by_role("button", name="Сохранить").tap()
    expect(panel.get_by_text("перезвонить")).to_be_visible()
    box = panel.bounding_box()
    assert (box["x"], box["width"]) == (0, 360)
    note = panel.locator("li").bounding_box()
    assert note["y"] + note["height"] <= page.locator(".dock").bounding_box()["y"]
    assert severe_violations(page) == []
    page.get_by_role("button", name="Закрыть заметки").tap()
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="Заметки: 1")).to_be_visible()
    assert _stored(url) == [(0.0, "перезвонить")]


def test_the_history_finds_a_recording_by_its_note(open_visit: OpenVisit, services: Services):
    page = open_visit().page
    url = _open(page, services, "Найти по заметке.wav")
    httpx.post(url, json={"time": 7.2, "text": "обсудить аквариум"}, trust_env=False)
    page.goto(f"{services.frontend.url}/?view=history&query=аквариумы")
    hit = page.locator("li.row .hit")
    expect(hit).to_have_text("0:07Заметка: обсудить аквариум")
    hit.click()
    expect(page.get_by_text("обсудить аквариум")).to_be_visible()
    assert _current_time(page) >= 7.2
