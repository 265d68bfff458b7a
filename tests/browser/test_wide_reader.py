"""The columns of the reader on a wide screen, the picture of a video, and a typist's player."""

from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from browser.visits import OpenVisit
from browser.written_transcripts import PHRASE_S, long_phrases, write_finished
from testbed.services import Services

pytestmark = pytest.mark.slow

CHARACTERS_A_LINE = """(paragraph) => {
  const text = paragraph.querySelector(".text");
  const { fontSize, lineHeight } = getComputedStyle(text);
  if (fontSize !== "18px") return 0;
  const texts = [...paragraph.querySelectorAll(".text")];
  const top = text.getBoundingClientRect().top;
  const lines = (texts.at(-1).getBoundingClientRect().bottom - top) / parseFloat(lineHeight);
  return texts.map((each) => each.textContent).join(" ").length / Math.round(lines);
}"""

RIGHT_EDGE = """(paragraph) => Math.max(...[...paragraph.querySelectorAll(".text")].flatMap(
  (text) => [...text.getClientRects()].map(({ right }) => right)
))"""

FIRST_LINE = """(text) => {
  const { x, y, width, height } = text.getClientRects()[0];
  return [x + width / 2, y + height / 2];
}"""


def _open(page: Page, services: Services, job_id: str) -> None:
    page.goto(f"{services.frontend.url}/?job={job_id}")
    expect(page.locator(".segment").first).to_be_visible()


def _data(services: Services) -> Path:
    return Path(services.backend.environment["DATA_DIR"])


def _write_video(path: Path, seconds: float) -> None:
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libvpx", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in np.linspace(0, 255, round(seconds * 5)).astype(np.uint8):
            picture = np.full((48, 64, 3), shade, np.uint8)
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(stream.encode(None))


def test_the_sides_of_a_wide_screen_have_the_outline_and_the_picture(
    open_visit: OpenVisit, services: Services, tmp_path: Path
):
    """A video would be heard only, and a long text had no overview."""
    video = tmp_path / "Встреча.webm"
    _write_video(video, 60 * PHRASE_S)
    job_id = write_finished(_data(services), long_phrases(60), name=video.name, video=video)
    page = open_visit(width=1440).page
    _open(page, services, job_id)
    picture, text = page.locator(".picture"), page.locator(".transcript")
    expect(picture).to_be_visible()
    paragraph = page.locator(".paragraph").first
    assert 50 < paragraph.evaluate(CHARACTERS_A_LINE) < 80
    for width in (1280, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.mouse.click(*paragraph.locator(".text").nth(1).evaluate(FIRST_LINE))
        tools = page.locator(".tools-of-segment").bounding_box()
        assert paragraph.evaluate(RIGHT_EDGE) <= tools["x"], "the tools of a phrase cover words"
    text_box, picture_box = text.bounding_box(), picture.bounding_box()
    assert picture_box["x"] > text_box["x"] + text_box["width"]

    outline = page.get_by_role("navigation", name="Содержание")
    entries = outline.get_by_role("button")
    expect(entries.nth(3)).to_be_visible()
    assert outline.bounding_box()["x"] < text_box["x"]
    entries.nth(3).click()
    time = page.locator("video").evaluate("(video) => video.currentTime")
    assert time > 3 * PHRASE_S
    expect(entries.nth(3)).to_have_attribute("aria-current", "true")

    page.get_by_role("button", name="Передвинуть видео").focus()
    before = picture.evaluate("(figure) => figure.style.translate")
    page.keyboard.press("ArrowDown")
    after = picture.evaluate("(figure) => figure.style.translate")
    assert (before, after) == ("", "0px 16px")
    page.get_by_role("button", name="Скрыть видео", exact=True).click()
    expect(picture).to_be_hidden()
    page.get_by_role("button", name="Показать или скрыть видео").click()
    expect(picture).to_be_visible()


def test_a_pause_is_rewound_and_a_selection_repeated(open_visit: OpenVisit, services: Services):
    """A typist would lose the last words at every pause, and could not hear a place again."""
    job_id = write_finished(_data(services), long_phrases(5))
    page = open_visit().page
    _open(page, services, job_id)
    page.get_by_label("Отмотка после паузы").select_option("2")
    video = page.locator("video")
    video.evaluate("(video) => { video.currentTime = 7; }")
    page.get_by_role("button", name="Слушать", exact=True).click()
    assert 4.9 <= video.evaluate("(video) => video.currentTime") < 7
    page.keyboard.press("KeyK")

    page.locator(".segment[data-position='1'] .time").focus()
    page.keyboard.press("KeyR")
    expect(page.get_by_role("button", name="Повторять выделенное")).to_have_attribute(
        "aria-pressed", "true"
    )
    video.evaluate("(video, end) => { video.currentTime = end - 0.2; }", 2 * PHRASE_S)
    page.wait_for_timeout(900)
    assert PHRASE_S <= video.evaluate("(video) => video.currentTime") < 2 * PHRASE_S
