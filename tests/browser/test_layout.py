"""Every view keeps its place while it loads, and fits the screen."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.visits import OpenVisit
from contracts.jobs import Job
from testbed.services import Services

pytestmark = pytest.mark.slow

MAX_LAYOUT_SHIFT = 0.1
"""Google's limit of a good score, https://web.dev/articles/cls."""

OBSERVER = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_views_fit_the_screen_and_do_not_move_while_they_load(
    open_visit: OpenVisit, recorded: list[Job], width: int
):
    visit = open_visit(width=width)
    page = visit.page
    page.add_init_script(OBSERVER)
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    shifts = {}
    for address, there in {
        "/": "Расшифровать",
        "/?view=history": "Выбрать все показанные",
        "/?view=system": "Хранилище",
        f"/?job={recorded[0].id}": recorded[0].file.name,
    }.items():
        page.goto(visit.home + address)
        expect(page.get_by_text(there, exact=True).first).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
        assert not _too_wide(page), address
        shifts[address] = page.evaluate("window.shift")
    assert {a: shift for a, shift in shifts.items() if shift > MAX_LAYOUT_SHIFT} == {}
    assert [text for text in console if "WARN" in text] == []


@pytest.mark.parametrize("width", [360, 1280])
def test_a_shared_transcript_does_not_move_while_it_loads(
    open_visit: OpenVisit, recorded: list[Job], services: Services, width: int
):
    """A reader would lose the line, or press what has just moved under the finger."""
    job_id = recorded[0].id
    shares = f"{services.backend.url}/v1/transcriptions/{job_id}/shares"
    answer = httpx.post(shares, json={"expires_in_days": 1}, trust_env=False)
    token = answer.raise_for_status().json()["token"]
    visit = open_visit(width=width)
    page = visit.page
    page.add_init_script(OBSERVER)
    page.goto(f"{visit.home}/shared/{token}")
    expect(page.locator("article section").first).to_be_visible()
    expect(page.locator("footer video")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    assert page.evaluate("window.shift") <= MAX_LAYOUT_SHIFT
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _too_wide(page: Page) -> bool:
    return page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth > innerWidth")
