"""A real conversation in every view: what a visitor sees, kept as the pictures of `artefacts/`."""

import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.axe_rules import severe_violations
from browser.visits import OpenVisit, wait_until_true
from contracts.jobs import Job
from testbed.conversations import conversation
from testbed.debian_packages import PackagesUnavailableError
from testbed.services import REPOSITORY, Services

pytestmark = pytest.mark.slow

PICTURES = REPOSITORY / "artefacts"
NAMES = {"woman_ru": "Анна", "man_ru": "Николай"}
N_TURNS = 10
DONE_S = 400
A_WORD_IS_LIT = "CSS.highlights.get('reader-spoken')?.size"


@pytest.fixture(scope="module")
def talk(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A conversation of a woman and a man, transcribed with its speakers, who are named."""
    try:
        spoken = conversation([*NAMES], N_TURNS, seed=9, pauses_s=(0.4, 0.9))
    except PackagesUnavailableError as error:
        pytest.skip(str(error))
    recording = spoken.write(tmp_path_factory.mktemp("talk") / "Разговор с клиентом.wav")
    with httpx.Client(base_url=services.backend.url, trust_env=False, timeout=60) as backend:
        job_id = _started(backend, recording)
        job = _ended(backend, job_id)
        assert job.result is not None, job.error
        assert len(job.result.segments) >= N_TURNS / 2, job.result.report
        people = dict.fromkeys(turn.person for turn in spoken.turns)
        for speaker, person in zip(job.result.speakers, people, strict=True):
            named = {"name": NAMES[person]}
            backend.patch(f"/v1/transcriptions/{job_id}/speakers/{speaker.id}", json=named)
        note = {"time": job.result.segments[1].start, "text": "Уточнить у Николая"}
        backend.post(f"/v1/transcriptions/{job_id}/notes", json=note).raise_for_status()
    return job


def _started(backend: httpx.Client, recording: Path) -> str:
    with recording.open("rb") as file:
        answer = backend.post(
            "/v1/transcriptions",
            files={"file": (recording.name, file)},
            data={"diarization": "voice", "num_speakers": "2", "word_timestamps": "true"},
        )
    return answer.raise_for_status().json()["id"]


def _ended(backend: httpx.Client, job_id: str) -> Job:
    deadline = time.monotonic() + DONE_S
    while time.monotonic() < deadline:
        job = Job.model_validate_json(backend.get(f"/v1/transcriptions/{job_id}").content)
        if job.status.is_final:
            return job
        time.sleep(0.5)
    raise TimeoutError("the conversation is not transcribed")


def _play(page: Page, services: Services, job: Job) -> None:
    """Play the conversation from its second phrase until a word is lit."""
    page.goto(f"{services.frontend.url}/?job={job.id}")
    page.locator(".segment[data-position='1'] .text").click()
    expect(page.get_by_role("button", name="Пауза")).to_be_visible()
    wait_until_true(page, A_WORD_IS_LIT)


@pytest.mark.parametrize(
    "shown",
    [
        ("example", 1440, "light"),
        ("reader_dark", 1440, "dark"),
        ("reader_phone", 390, "light"),
    ],
)
def test_a_conversation_is_followed_word_by_word(
    open_visit: OpenVisit, services: Services, talk: Job, shown: tuple[str, int, str]
):
    name, width, scheme = shown
    page = open_visit(width=width, color_scheme=scheme).page
    _play(page, services, talk)
    speakers = page.get_by_role("list", name="Говорящие").get_by_role("listitem")
    expect(speakers).to_have_count(len(NAMES))
    for each in NAMES.values():
        expect(page.locator(".said-by").filter(has_text=each).first).to_be_attached()
    page.screenshot(path=PICTURES / f"{name}.png")
    assert severe_violations(page) == []


@pytest.mark.parametrize("shown", [("start", "/", 900), ("statistics", "/?view=system", 1250)])
def test_the_other_views_are_complete(
    open_visit: OpenVisit, services: Services, talk: Job, shown: tuple[str, str, int]
):
    name, address, height = shown
    page = open_visit().page
    page.set_viewport_size({"width": 1280, "height": height})
    page.goto(services.frontend.url + address)
    there = {"start": "Выбрать файлы", "statistics": "Хранилище"}[name]
    expect(page.get_by_text(there, exact=True).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)  # Streamlit fades what it draws again
    page.screenshot(path=PICTURES / f"{name}.png")
