"""Accessibility violations, found by axe."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SEVERE = {"serious", "critical"}


def severe_violations(page: Page) -> list[str]:
    """Return each element that breaks a serious or critical rule, with the rule's name."""
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in SEVERE
        for node in violation["nodes"]
    ]
