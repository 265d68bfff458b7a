"""The text of an earlier version, which gets its marks while it is read."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from browser.axe_rules import severe_violations
from browser.visits import OpenVisit
from browser.written_transcripts import write_finished
from testbed.services import Services

pytestmark = pytest.mark.slow

PHRASES = ["добрый день это отдел доставки", "когда вам удобно получить заказ"]


def test_a_stored_text_says_that_it_gets_its_marks_and_shows_them_by_itself(
    open_visit: OpenVisit, services: Services
):
    """A text without marks would pass for all there is, or change without a word of warning."""
    job_id = write_finished(Path(services.backend.environment["DATA_DIR"]), PHRASES)
    page = open_visit().page
    notice = page.get_by_role("status").filter(has_text="Расставляем знаки препинания")
    services.llm.suspend()
    try:
        rewrite = f"{services.backend.url}/v1/transcriptions/{job_id}/text"
        httpx.post(rewrite, json={}, trust_env=False).raise_for_status()
        page.goto(f"{services.frontend.url}/?job={job_id}")
        expect(page.locator(".segment")).to_have_count(len(PHRASES))
        expect(notice).to_be_visible()
        assert severe_violations(page) == []
    finally:
        services.llm.resume()
    expect(notice).to_have_count(0)
    expect(page.locator(".transcript")).to_contain_text("Добрый день")
