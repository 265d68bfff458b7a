"""The comparison of models on corrected recordings, under the statistics."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from browser.axe_rules import severe_violations
from browser.visits import OpenVisit
from browser.written_transcripts import write_finished
from testbed.services import Services

pytestmark = pytest.mark.slow

SAID = "Мы подпишем договор в пятницу."


@pytest.mark.parametrize("width", [360, 1280])
def test_models_are_compared_on_a_recording_that_was_corrected(
    open_visit: OpenVisit, services: Services, width: int
):
    """Which model to use on one's own recordings would stay a guess."""
    data = Path(services.backend.environment["DATA_DIR"])
    audio = f"{width:064}"
    name = f"Договор {width}.wav"
    write_finished(data, [SAID], name=name, model="first/exact", audio_sha256=audio)
    heard = ["мы подпишем говор в пятницу"]
    job_id = write_finished(data, heard, name=name, model="second/hasty", audio_sha256=audio)
    segment = f"{services.backend.url}/v1/transcriptions/{job_id}/segments/0"
    httpx.patch(segment, json={"text": SAID}, trust_env=False).raise_for_status()
    page = open_visit(width=width).page
    page.goto(f"{services.frontend.url}/?view=system")
    evaluation = page.locator(".st-key-evaluation")
    expect(evaluation.get_by_role("heading", name="Точность на ваших записях")).to_be_visible()
    evaluation.get_by_role("button", name="Clear all").click()
    expect(evaluation.get_by_text("Лучше всего подходит")).to_have_count(0)
    evaluation.get_by_role("combobox", name="Исправленные записи").click()
    page.get_by_role("option", name=re.compile(name)).click()
    page.keyboard.press("Escape")
    expect(evaluation.get_by_text("20\xa0% (от 20 до 20)")).to_be_visible()
    expect(evaluation.get_by_text("Лучше всего подходит first/exact")).to_be_visible()
    assert severe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
