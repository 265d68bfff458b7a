"""Every view keeps axe's accessibility rules, in both themes."""

import pytest
from playwright.sync_api import expect

from browser.axe_rules import severe_violations
from browser.visits import OpenVisit
from contracts.jobs import Job

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_view_has_a_severe_accessibility_violation(
    open_visit: OpenVisit, recorded: list[Job], scheme: str
):
    visit = open_visit(color_scheme=scheme)
    page = visit.page
    views = {
        "/": page.get_by_role("link", name="История"),
        "/?view=history": page.locator("li.row").first,
        "/?view=history&query=ъъъ": page.get_by_text("Ничего не нашлось"),
        "/?view=system": page.get_by_role("heading", name="Хранилище"),
        f"/?job={recorded[0].id}": page.get_by_text(recorded[0].file.name).first,
    }
    found = {}
    for address, there in views.items():
        page.goto(visit.home + address)
        expect(there).to_be_visible()
        page.wait_for_load_state("networkidle")
        found[address] = severe_violations(page)
    page.goto(f"{visit.home}/?view=history")
    page.locator("li.row .pick").first.check()
    page.get_by_role("region").get_by_role("button", name="Удалить").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found["confirmation"] = severe_violations(page)
    assert {address: severe for address, severe in found.items() if severe} == {}
