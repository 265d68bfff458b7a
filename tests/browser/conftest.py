import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from browser.recorded import transcribe_some
from browser.visits import LaunchChromium, OpenVisit, Visit
from contracts.jobs import Job
from testbed.services import Services

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
)


expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def launch_chromium() -> Iterator[LaunchChromium]:
    """Start Debian's Chromium, optionally with more flags, and stop it at the end."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        launched: list[Browser] = []

        def launch(*flags: str) -> Browser:
            browser = playwright.chromium.launch(
                executable_path=path, args=[*CHROMIUM_FLAGS, *flags]
            )
            launched.append(browser)
            return browser

        yield launch
        for browser in launched:
            browser.close()


@pytest.fixture(scope="session")
def recorded(services: Services) -> list[Job]:
    """Transcribed recordings; a test may change only those that no other test uses."""
    return transcribe_some(services)


@pytest.fixture(scope="module")
def chromium(launch_chromium: LaunchChromium) -> Browser:
    return launch_chromium()


@pytest.fixture
def open_visit(chromium: Browser, services: Services) -> Iterator[OpenVisit]:
    """Open the page as a new visitor; fail on browser dialogs and on requests to other hosts."""
    visits: list[Visit] = []

    def begin_visit(browser: Browser = chromium, width: int = 1280, **options: object) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, locale="ru-RU", **options
        )
        context.set_default_timeout(30_000)
        visit = Visit(context, context.new_page(), services.frontend.url)
        visits.append(visit)
        visit.begin()
        return visit

    yield begin_visit
    for visit in visits:
        visit.context.close()
    assert [url for visit in visits for url in visit.foreign_requests] == []
    assert [message for visit in visits for message in visit.dialogs] == []
