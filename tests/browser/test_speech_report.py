"""The list of speech without words, under the text."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.axe_rules import severe_violations
from browser.visits import OpenVisit
from browser.written_transcripts import PHRASE_S, long_phrases, write_finished
from contracts.report import ReportItem, ReportKind
from testbed.services import Services

pytestmark = pytest.mark.slow


def _item(position: int, length_s: float, kind: ReportKind) -> ReportItem:
    start = position * PHRASE_S
    return ReportItem(start=start, end=start + length_s, kind=kind, detail="No words.")


@pytest.mark.parametrize("width", [360, 1280])
def test_speech_without_words_is_listed_and_played(
    open_visit: OpenVisit, services: Services, width: int
):
    report = [
        _item(1, 2.0, ReportKind.MUSIC),
        _item(3, 1.0, ReportKind.DECODED_AGAIN),
        _item(5, 2.2, ReportKind.DROPPED_AS_SILENCE),
    ]
    data = Path(services.backend.environment["DATA_DIR"])
    job_id = write_finished(data, long_phrases(8), report=report)
    page = open_visit(width=width).page
    page.goto(f"{services.frontend.url}/?job={job_id}")
    summary = page.get_by_text("Без слов: 2 места, 4 с")
    expect(summary).to_be_visible()
    button = page.get_by_role("button", name="Слушать с 0:12", exact=True).last
    expect(page.locator(".speech-report ul")).not_to_be_visible()
    summary.click()
    expect(page.locator(".speech-report li")).to_have_count(3)
    expect(page.get_by_text("музыка или гудок")).to_be_visible()
    assert severe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    button.click()
    expect(page.get_by_role("button", name="Пауза")).to_be_visible()
    audio = page.locator("video")
    assert 5 * PHRASE_S <= audio.evaluate("(audio) => audio.currentTime") < 6 * PHRASE_S
