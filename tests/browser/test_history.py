"""The history, in a real browser against the real services."""

import re
import time
import zipfile
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from browser.axe_rules import severe_violations
from browser.recorded import HOSTILE_NAME, NAMES
from browser.visits import OpenVisit
from browser.written_transcripts import write_finished
from contracts.jobs import Job
from speech_corpus import russian_sentences
from testbed.services import REPOSITORY, Services
from testbed.speech import concatenated

pytestmark = pytest.mark.slow

SCREENSHOT = REPOSITORY / "artefacts" / "history.png"
TITLE = "Совет <b>директоров</b>"
TAG = "важное"
LONG_NAME = "Долгое собрание.wav"


def _row(page: Page, name: str) -> Locator:
    link = page.get_by_role("link", name=name, exact=True)
    return page.get_by_role("listitem").filter(has=link)


def _word_of(job: Job) -> tuple[str, float]:
    """Return a word that is long enough to search for, and the start of its segment."""
    assert job.result
    for segment in job.result.segments:
        if found := re.search(r"[а-яё]{6,}", segment.text):
            return found[0], segment.start
    raise AssertionError("the model recognised no word")


def _find_and_play(page: Page, job: Job) -> None:
    word, start = _word_of(job)
    page.get_by_role("searchbox").fill(word)
    hit = page.locator(f"a[href*='{job.id}'].hit").first
    expect(hit.locator("mark").first).to_have_text(word)
    page.wait_for_url("**query=*")
    hit.click()
    page.wait_for_url(f"**/?job={job.id}&t={round(start, 3):g}")
    page.go_back()
    expect(page.get_by_role("searchbox")).to_have_value(word)
    expect(hit).to_be_visible()
    expect(page.get_by_role("heading", name="История")).to_be_visible()
    page.wait_for_timeout(1000)  # Streamlit fades what it draws again
    page.screenshot(path=SCREENSHOT)
    page.get_by_role("searchbox").fill("")
    expect(hit).to_be_hidden()


def _rename_and_tag(page: Page, name: str) -> None:
    _row(page, name).get_by_role("button", name="Переименовать").click()
    page.get_by_role("textbox", name="Название").fill(TITLE)
    page.keyboard.press("Enter")
    expect(_row(page, TITLE)).to_be_visible()
    _row(page, TITLE).get_by_role("button", name="Метки").click()
    page.locator(".editor input").fill(f"{TAG}, работа")
    page.keyboard.press("Enter")
    _row(page, TITLE).get_by_role("button", name=TAG, exact=True).click()
    page.wait_for_url("**tag=*")
    expect(page.locator("li.row")).to_have_count(1)
    page.reload()
    expect(_row(page, TITLE)).to_be_visible()
    page.get_by_role("combobox", name="Метка").select_option("")
    expect(_row(page, HOSTILE_NAME)).to_be_visible()


def _download_two(page: Page) -> list[str]:
    for name in (TITLE, HOSTILE_NAME):
        page.get_by_role("checkbox", name=f"Выбрать: {name}").check()
    page.get_by_role("combobox", name="Формат файлов").select_option("srt")
    with page.expect_download() as download:
        page.get_by_role("button", name="Скачать архивом").click()
    assert download.value.suggested_filename.startswith("Расшифровки ")
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        assert all(archive.read(name).startswith(b"1") for name in archive.namelist())
        return archive.namelist()


def _delete(page: Page, name: str) -> None:
    delete = _row(page, name).get_by_role("button", name="Удалить")
    dialog = page.get_by_role("dialog")
    delete.click()
    dialog.get_by_role("button", name="Отмена").click()
    expect(dialog).to_be_hidden()
    delete.click()
    dialog.get_by_role("button", name="Удалить").click()
    expect(_row(page, name)).to_have_count(0)


def _stop_a_running_job(page: Page, services: Services) -> None:
    recording = concatenated(russian_sentences(40), pause_s=0.8)
    transcriptions = f"{services.backend.url}/v1/transcriptions"
    files = {"file": (LONG_NAME, recording.read_bytes())}
    job_id = httpx.post(transcriptions, files=files, data={"force": "true"}).json()["id"]
    row = _row(page, LONG_NAME)  # appears without a reload
    row.get_by_role("button", name="Остановить").click()
    expect(row.get_by_text("Остановлено")).to_be_visible()
    assert httpx.get(f"{transcriptions}/{job_id}").json()["status"] == "cancelled"


def test_recordings_are_found_played_renamed_tagged_downloaded_stopped_and_deleted(
    open_visit: OpenVisit, services: Services, recorded: list[Job]
):
    oldest, middle, _ = recorded
    page = open_visit().page
    page.get_by_role("link", name="История").click()
    page.wait_for_url("**/?view=history")
    expect(page).to_have_title(re.compile("^История"))
    expect(page.get_by_role("status").filter(has_text="История")).to_have_count(1)
    expect(_row(page, NAMES[0])).to_be_visible()
    shown = page.locator("li.row .name").all_inner_texts()
    assert [name for name in shown if name in NAMES] == list(reversed(NAMES))

    _find_and_play(page, oldest)
    _rename_and_tag(page, NAMES[1])
    assert _download_two(page) == [
        "_img src=x onerror=alert(1)_ __b__ _smile_.srt",
        "Совет _b_директоров__b_.srt",
    ]
    page.get_by_role("button", name="Снять выбор").click()
    _stop_a_running_job(page, services)
    _delete(page, TITLE)
    assert httpx.get(f"{services.backend.url}/v1/transcriptions/{middle.id}").status_code == 404


def test_recordings_are_moved_into_a_folder_which_is_renamed_and_deleted(
    open_visit: OpenVisit, services: Services
):
    """A long history would be one list."""
    data = Path(services.backend.environment["DATA_DIR"])
    names = ["Папка, первая.wav", "Папка, вторая.wav"]
    for name in names:
        write_finished(data, ["раз"], name=name)
    page = open_visit().page
    page.goto(f"{services.frontend.url}/?view=history")
    for name in names:
        page.get_by_role("checkbox", name=f"Выбрать: {name}").check()
    page.get_by_role("region").get_by_role("button", name="Переместить в папку").click()
    page.get_by_role("textbox", name="Папка").fill("Суд / 1")
    page.get_by_role("button", name="Переместить", exact=True).click()
    expect(page.get_by_text("Перемещены 2 записи.")).to_be_visible()
    _row(page, names[0]).get_by_role("button", name="Суд / 1").click()
    page.wait_for_url("**folder=*")
    expect(page.locator("li.row")).to_have_count(2)
    expect(page.get_by_role("combobox", name="Папка")).to_have_value("Суд / 1")
    assert severe_violations(page) == []

    page.get_by_role("button", name="Переименовать папку").click()
    page.get_by_role("textbox", name="Название").fill("Дела")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("combobox", name="Папка")).to_have_value("Дела")
    expect(page.locator("li.row")).to_have_count(2)
    _row(page, names[1]).get_by_role("button", name="Переместить в папку").click()
    page.get_by_role("combobox", name="Папка").last.fill("")
    page.get_by_role("button", name="Переместить", exact=True).click()
    expect(page.locator("li.row")).to_have_count(1)

    _row(page, names[0]).get_by_role("link", name=names[0]).click()
    page.locator(".more summary").click()
    page.get_by_role("button", name="Переместить в папку").click()
    page.get_by_role("combobox", name="Папка").fill("Архив")
    page.get_by_role("button", name="Переместить", exact=True).click()
    page.get_by_role("link", name="Архив").click()
    page.wait_for_url("**folder=*")
    expect(_row(page, names[0])).to_be_visible()
    page.get_by_role("button", name="Удалить папку").click()
    page.get_by_role("dialog").get_by_role("button", name="Удалить").click()
    expect(_row(page, names[1])).to_be_visible()
    expect(_row(page, names[0]).get_by_role("button", name="Архив")).to_have_count(0)


def test_text_typed_before_the_page_is_ready_is_searched_for(
    open_visit: OpenVisit, recorded: list[Job]
):
    """The field is drawn before the script that reads it arrives."""
    word, _ = _word_of(recorded[0])
    page = open_visit().page
    page.route("**/page/history/toolbar.js", _delay)
    page.get_by_role("link", name="История").click()
    search = page.locator("input[type=search]")
    search.fill(word)
    search.press("Enter")
    expect(page.locator(f"a[href*='{recorded[0].id}'].hit mark").first).to_have_text(word)
    expect(search).to_have_value(word)


def _delay(route: Route) -> None:
    time.sleep(1)
    route.continue_()


def test_a_filter_is_applied_though_an_older_run_ends_after_its_own(
    open_visit: OpenVisit, recorded: list[Job]
):
    """Streamlit's runs for two addresses can overtake each other when they start together."""
    word, _ = _word_of(recorded[0])
    page = open_visit().page
    sent: list[bytes] = []
    servers: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        servers.append(server := socket.connect_to_server())
        socket.on_message(lambda message: (sent.append(message), server.send(message)))

    page.route_web_socket(re.compile("/_stcore/stream"), connect)
    page.reload()
    sent.clear()
    page.get_by_role("link", name="История").click()
    expect(_row(page, HOSTILE_NAME)).to_be_visible()
    older_run = next(message for message in sent if b"view=history" in message)
    hit = page.locator(f"a[href*='{recorded[0].id}'].hit mark").first
    page.get_by_role("searchbox").fill(word)
    expect(hit).to_have_text(word)
    servers[-1].send(older_run)
    expect(hit).to_be_hidden()
    expect(hit).to_have_text(word)
    expect(_row(page, HOSTILE_NAME)).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_have_value(word)


def test_the_chosen_language_is_kept_and_set_on_the_document(open_visit: OpenVisit):
    page = open_visit().page
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_role("heading", name="Storage")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(page.url.partition("?")[0])  # without the language in the address, the cookie has it
    expect(page.get_by_role("link", name="History")).to_be_visible()
    page.get_by_role("combobox", name="Theme").select_option("Dark")
    expect(page.locator(".stApp")).to_have_css("background-color", "rgb(21, 24, 28)")
