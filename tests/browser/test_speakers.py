"""Who says what, on the page of a job: names, merges, keys, filter, against the real services."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from browser.axe_rules import severe_violations
from browser.visits import OpenVisit
from browser.written_transcripts import write_finished, write_suggestion
from testbed.services import REPOSITORY, Services

pytestmark = pytest.mark.slow

SCREENSHOT = REPOSITORY / "artefacts" / "speakers.png"
BORDERS_SCREENSHOT = REPOSITORY / "artefacts" / "split_phrase.png"
DRAG_SCREENSHOT = REPOSITORY / "artefacts" / "drag_border.png"
SAID = [
    ("Добрый день, Анна Сергеевна! Как прошла поездка?", "S1"),
    ("Спасибо, хорошо.", "S2"),
    ("Мы договорились о поставках на весь следующий год.", "S2"),
    ("Отлично. А что с ценами?", "S1"),
    ("Цены те же.", "S3"),
    ("Скидка прежняя.", "S3"),
]


@pytest.fixture
def job_id(services: Services) -> str:
    data = Path(services.backend.environment["DATA_DIR"])
    phrases, speakers = zip(*SAID, strict=True)
    return write_finished(data, phrases, speakers=speakers, name="Разговор.wav")


def _open(page: Page, services: Services, job_id: str) -> None:
    page.goto(f"{services.frontend.url}/?job={job_id}")
    expect(_speakers(page).first).to_be_visible(
        timeout=30_000
    )  # the first answer of a busy machine


def _speakers(page: Page) -> Locator:
    return page.get_by_role("list", name="Говорящие").get_by_role("listitem")


def _headings(page: Page) -> Locator:
    """Return the names in the text, where another speaker begins."""
    return page.locator(".said-by")


def _name(page: Page, old: str, new: str) -> None:
    _speakers(page).get_by_role("button", name=old, exact=True).click()
    page.get_by_role("textbox", name="Имя во всём тексте").fill(new)
    page.keyboard.press("Enter")


def _result(services: Services, job_id: str) -> dict:
    url = f"{services.backend.url}/v1/transcriptions/{job_id}"
    return httpx.get(url, trust_env=False).raise_for_status().json()["result"]


def test_speakers_are_named_merged_separated_and_filtered(
    open_visit: OpenVisit, services: Services, job_id: str
):
    page = open_visit().page
    _open(page, services, job_id)
    expect(_speakers(page)).to_have_count(3)
    expect(_speakers(page).first).to_contain_text("33")
    expect(_headings(page)).to_have_count(4)
    expect(page.locator(".paragraph")).to_have_count(4)
    _name(page, "Говорящий 1", "Пётр")
    expect(_headings(page).nth(2)).to_contain_text("Пётр")
    _headings(page).nth(1).click()
    page.get_by_role("textbox", name="Имя во всём тексте").fill("Анна")
    page.get_by_role("button", name="Сохранить").click()
    expect(_headings(page).nth(1)).to_contain_text("Анна")
    SCREENSHOT.parent.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOT)

    _speakers(page).get_by_role("button", name="Говорящий 3", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Анна").click()
    expect(_speakers(page)).to_have_count(2)
    expect(_headings(page)).to_have_count(4)
    expect(_headings(page).last).to_contain_text("Анна")
    assert _result(services, job_id)["speakers"][1]["merged"] == ["S3"]

    page.get_by_role("button", name="Только фразы: Анна").click()
    expect(page.locator(".segment:visible")).to_have_count(4)
    page.get_by_role("button", name="Только фразы: Анна").click()
    expect(page.locator(".segment:visible")).to_have_count(6)

    page.reload()
    _speakers(page).get_by_role("button", name="Анна", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Говорящий 3").click()
    expect(_speakers(page)).to_have_count(3)
    assert [each["speaker"] for each in _result(services, job_id)["segments"]] == [
        speaker for _, speaker in SAID
    ]


def test_a_conversation_is_named_merged_split_exported_and_found_again(
    open_visit: OpenVisit, services: Services
):
    """The whole way from unknown voices to a protocol that is found by who spoke."""
    data = Path(services.backend.environment["DATA_DIR"])
    said = ["Добрый день!", "Скидка прежняя. Цены растут.", "Спасибо."]
    job_id = write_finished(data, said, speakers=["S1", "S2", "S3"], name="Переговоры.wav")
    page = open_visit().page
    _open(page, services, job_id)
    _name(page, "Говорящий 1", "Пётр")
    _name(page, "Говорящий 2", "Анна Каренина")
    _name(page, "Говорящий 3", "Пётр")
    expect(_speakers(page)).to_have_count(2)
    page.locator(".segment[data-position='1'] .time").focus()
    page.keyboard.press("e")
    page.keyboard.press("Control+Home")
    for _ in "Скидка прежняя. ":
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".segment")).to_have_count(4)
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(page.get_by_text("Правки сохранены")).to_be_visible()

    page.get_by_text("Скачать").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Субтитры VTT").click()
    subtitles = Path(download.value.path()).read_text(encoding="utf-8")
    cues = [line for line in subtitles.splitlines() if line.startswith("<v ")]
    assert cues == [
        "<v Пётр>Добрый день!</v>",
        "<v Анна Каренина>Скидка прежняя.</v>",
        "<v Пётр>Цены растут.</v>",
        "<v Пётр>Спасибо.</v>",
    ]

    page.goto(f"{services.frontend.url}/?view=history")
    search = page.get_by_role("searchbox")
    search.fill("speaker:Каренина скидка")
    search.press("Enter")
    expect(page.locator("li.row")).to_have_count(1)
    expect(page.locator("li.row")).to_contain_text("Переговоры.wav")
    search.fill("speaker:Облонский скидка")
    search.press("Enter")
    expect(page.locator("li.row")).to_have_count(0)


def test_a_phrase_is_given_to_another_by_key_and_list_with_undo(
    open_visit: OpenVisit, services: Services, job_id: str
):
    page = open_visit().page
    _open(page, services, job_id)
    page.locator(".segment[data-position='1'] .time").focus()
    page.keyboard.press("1")
    expect(_headings(page)).to_have_count(4)
    expect(_headings(page).nth(1)).to_contain_text("Говорящий 2")
    expect(page.locator(".paragraph").first.locator(".segment")).to_have_count(2)
    expect(page.get_by_text("Правки сохранены")).to_be_visible()
    assert _result(services, job_id)["segments"][1]["speaker"] == "S1"
    page.keyboard.press("Control+z")
    expect(page.locator(".paragraph").first.locator(".segment")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.get_by_label("Кто это говорит").select_option(label="Новый: говорящий 4")
    expect(_speakers(page)).to_have_count(4)
    page.locator(".segment[data-position='4'] .text").evaluate(_SELECT_TO, 5)
    page.keyboard.press("2")
    expect(_speakers(page)).to_have_count(3)
    expect(page.get_by_text("Правки сохранены")).to_be_visible()
    spoken_by = [each["speaker"] for each in _result(services, job_id)["segments"]]
    assert spoken_by == ["S1", "S2", "S4", "S1", "S2", "S2"]


def test_a_remembered_voice_is_suggested_applied_renamed_and_deleted(
    open_visit: OpenVisit, services: Services, job_id: str
):
    data = Path(services.backend.environment["DATA_DIR"])
    write_suggestion(data, job_id, "S2", "Мария", 0.87)
    page = open_visit().page
    _open(page, services, job_id)
    expect(_headings(page).nth(1)).to_contain_text("Говорящий 2")  # nothing is applied by itself
    _speakers(page).get_by_role("button", name="Возможно, Мария (87").click()
    expect(_headings(page).nth(1)).to_contain_text("Мария")
    expect(page.get_by_role("button", name="Возможно")).to_have_count(0)

    _speakers(page).get_by_role("button", name="Говорящий 3", exact=True).click()
    page.get_by_role("textbox", name="Имя во всём тексте").fill("Ольга")
    page.get_by_role("checkbox", name="Запомнить этот голос").check()
    assert severe_violations(page) == []
    page.keyboard.press("Enter")
    expect(_headings(page).last).to_contain_text("Ольга")
    expect(page.get_by_role("alert")).to_contain_text("говорит слишком мало")

    page.goto(f"{services.frontend.url}/?view=system")
    name = page.get_by_role("textbox", name="Имя")
    expect(name).to_have_value("Мария", timeout=30_000)
    name.fill("Мария Петровна")
    name.press("Enter")
    page.get_by_role("button", name="Удалить", exact=False).click()
    page.get_by_role("button", name="Удалить голос").click()
    expect(page.get_by_text("Запомненные голоса")).to_have_count(0)
    url = f"{services.backend.url}/v1/voices"
    assert httpx.get(url, trust_env=False).json() == {"items": []}


_SELECT_TO = """(text, last) => {
  const end = text.getRootNode().querySelector(`[data-position='${last}'] .text`);
  getSelection().setBaseAndExtent(text.firstChild, 2, end.firstChild, 4);
}"""


def test_a_text_without_speakers_gets_them_by_key(open_visit: OpenVisit, services: Services):
    data = Path(services.backend.environment["DATA_DIR"])
    job_id = write_finished(data, ["Раз.", "Два.", "Три."])
    page = open_visit().page
    page.goto(f"{services.frontend.url}/?job={job_id}")
    page.locator(".segment[data-position='1'] .text").click()
    page.keyboard.press("1")
    expect(_speakers(page)).to_have_count(1)
    expect(page.get_by_text("Правки сохранены")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(_speakers(page)).to_have_count(0)
    expect(page.get_by_text("Правки сохранены")).to_be_visible()
    assert [each["speaker"] for each in _result(services, job_id)["segments"]] == [None] * 3


def _texts(services: Services, job_id: str) -> list[str]:
    return [each["text"] for each in _result(services, job_id)["segments"]]


def test_a_phrase_is_split_and_joined_at_the_caret_and_its_border_moved_with_undo(
    open_visit: OpenVisit, services: Services, job_id: str
):
    page = open_visit().page
    _open(page, services, job_id)
    phrases = page.locator(".segment .text")
    whole = SAID[2][0]
    page.locator(".segment[data-position='2'] .time").focus()
    page.keyboard.press("e")
    page.keyboard.press("Control+Home")
    for _ in "Мы договорились ":
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Фраза разделена")).to_be_visible()
    expect(phrases).to_have_count(7)
    assert _texts(services, job_id)[2:4] == ["Мы договорились", whole[16:]]
    expect(page.get_by_role("textbox", name="Текст фразы, 0:05")).to_be_focused()
    page.screenshot(path=BORDERS_SCREENSHOT)

    page.keyboard.press("Backspace")
    expect(phrases).to_have_count(6)
    expect(phrases.nth(2)).to_have_text(whole)
    page.keyboard.press("Backspace")  # the caret is where they met
    expect(phrases.nth(2)).to_have_text(whole.replace("ись о", "ис о"))
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(phrases).to_have_count(7)
    page.keyboard.press("Control+z")
    expect(phrases).to_have_count(6)
    expect(page.get_by_text("Фразы соединены")).to_be_visible()

    page.locator(".segment[data-position='0'] .time").focus()
    page.keyboard.press("Alt+Shift+ArrowRight")
    expect(phrases.nth(1)).to_have_text("хорошо.")
    page.get_by_label("Границы фразы").select_option(label="Соединить со следующей")
    expect(phrases).to_have_count(5)
    expect(_headings(page)).to_have_count(4)
    page.keyboard.press("Control+z")
    expect(phrases).to_have_count(6)
    expect(phrases.nth(1)).to_have_text("хорошо.")
    page.keyboard.press("Control+z")
    expect(phrases.nth(1)).to_have_text(SAID[1][0])
    expect(page.get_by_text("Правки сохранены")).to_be_visible()
    result = _result(services, job_id)["segments"]
    assert [(each["text"], each["speaker"]) for each in result] == SAID


def _drag_border(page: Page, position: int, to: Locator, word: str) -> None:
    """Drag the border behind a phrase to the end of a word of some text."""
    page.locator(f".segment[data-position='{position}'] .text").hover()
    handle = page.locator(f".segment[data-position='{position}'] .border-handle")
    held = handle.bounding_box()
    end = to.evaluate(_END_OF_WORD, word)
    assert held
    page.mouse.move(held["x"] + held["width"] / 2, held["y"] + held["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"], end["y"], steps=5)


_END_OF_WORD = """(text, word) => {
  const range = document.createRange();
  const end = text.textContent.indexOf(word) + word.length;
  range.setStart(text.firstChild, end - 1);
  range.setEnd(text.firstChild, end);
  const { right, top, height } = range.getBoundingClientRect();
  return { x: right, y: top + height / 2 };
}"""


@pytest.mark.parametrize("view", ["paragraphs", "phrases"])
def test_phrases_without_speakers_are_edited_by_mouse_alone_with_undo(
    open_visit: OpenVisit, services: Services, view: str
):
    data = Path(services.backend.environment["DATA_DIR"])
    said = ["Мы договорились о поставках на год.", "Цены те же.", "Скидка прежняя."]
    job_id = write_finished(data, said)
    page = open_visit().page
    page.goto(f"{services.frontend.url}/?job={job_id}")
    phrases = page.locator(".segment .text")
    expect(phrases).to_have_count(3, timeout=30_000)
    if view == "phrases":
        page.get_by_role("button", name="Каждая фраза с новой строки").click()

    _drag_border(page, 0, phrases.nth(1), "Цены")
    if view == "paragraphs":
        page.screenshot(path=DRAG_SCREENSHOT)
    page.mouse.up()
    expect(phrases.nth(0)).to_have_text(f"{said[0]} Цены")
    expect(phrases.nth(1)).to_have_text("те же.")
    _drag_border(page, 0, phrases.nth(0), "договорились")
    page.mouse.up()
    expect(phrases.nth(0)).to_have_text("Мы договорились")
    assert _texts(services, job_id)[:2] == ["Мы договорились", "о поставках на год. Цены те же."]
    _drag_border(page, 1, phrases.nth(1), "год.")
    page.keyboard.press("Escape")
    page.mouse.up()

    undo = page.get_by_role("button", name="Отменить", exact=False)
    undo.click()
    expect(phrases.nth(1)).to_have_text("те же.")
    undo.click()
    expect(phrases.nth(1)).to_have_text(said[1])

    phrases.nth(0).dblclick()
    place = phrases.nth(0).evaluate(_END_OF_WORD, "поставках")
    page.mouse.click(place["x"], place["y"])
    _choose_border(page, "Разделить у курсора")
    expect(phrases).to_have_count(4)
    expect(phrases.nth(1)).to_have_text("на год.")
    phrases.nth(1).click()
    _choose_border(page, "Соединить со следующей")
    expect(phrases.nth(1)).to_have_text("на год. Цены те же.")
    undo.click()
    expect(phrases).to_have_count(4)
    undo.click()
    expect(phrases).to_have_count(3)
    assert _texts(services, job_id) == said


def _choose_border(page: Page, label: str) -> None:
    choice = page.get_by_label("Границы фразы")
    choice.focus()  # as a press does; it ends the edit
    choice.select_option(label=label)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_speakers_are_accessible_and_fit_the_screen(
    open_visit: OpenVisit, services: Services, job_id: str, scheme: str, width: int
):
    page = open_visit(width=width, color_scheme=scheme).page
    _open(page, services, job_id)
    page.locator(".segment[data-position='2'] .time").focus()
    expect(page.locator("canvas.timeline")).to_be_visible()
    found = severe_violations(page)
    page.get_by_role("button", name="Каждая фраза с новой строки").click()
    found += severe_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    _speakers(page).get_by_role("button", name="Говорящий 2", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert found + severe_violations(page) == []
