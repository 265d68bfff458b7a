"""Visitors of the page, each with their own browser profile."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request

LaunchChromium = Callable[..., Browser]
OpenVisit = Callable[..., "Visit"]

_SCRIPT_S = 30
_LOST_MODULE = "Failed to fetch dynamically imported module"


@dataclass
class Visit:
    """One visitor's page, with the foreign requests and browser dialogs it must not have."""

    context: BrowserContext
    page: Page
    home: str
    foreign_requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Open the page and wait until it is drawn."""
        self.page.on("request", self._note_request)
        self.page.on("dialog", self._note_dialog)
        self.page.goto(self.home)
        self._wait_until_drawn()
        # Chromium aborts loading when the machine's network interfaces change, as they do while
        # containers start during the tests
        if self.page.get_by_text(_LOST_MODULE).count():
            self.page.reload()
            self._wait_until_drawn()

    def _wait_until_drawn(self) -> None:
        self.page.get_by_role("button", name="Расшифровать", exact=True).wait_for()
        self.page.wait_for_load_state("networkidle")

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.foreign_requests.append(request.url)

    def _note_dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


def wait_until_true(page: Page, expression: str) -> None:
    """Wait for a script's value; Playwright's own way evaluates text, which the page forbids."""
    deadline = time.monotonic() + _SCRIPT_S
    while not page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)
