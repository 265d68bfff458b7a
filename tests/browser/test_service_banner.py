"""The banner of a service that does not work as configured."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from browser.visits import OpenVisit, wait_until_true
from testbed.services import Service, Services

pytestmark = pytest.mark.slow

NO_HUB = {
    "LLM_MODEL": "nobody/whisper-nowhere",
    "LLM_FALLBACK_MODEL": "embedded/whisper-base",
    "HF_ENDPOINT": "http://127.0.0.1:9",
}


@contextmanager
def _configured(service: Service, environment: dict[str, str]) -> Iterator[None]:
    usual = service.environment
    _restart(service, usual | environment)
    try:
        yield
    finally:
        _restart(service, usual)


def _restart(service: Service, environment: dict[str, str]) -> None:
    service.stop()
    service.environment = environment
    service.start()
    service.wait_until_ready()


def test_the_fallback_model_is_announced_while_it_is_used_unless_that_is_closed(
    open_visit: OpenVisit, services: Services
):
    """The notice would miss from the page, or come back with every reload."""
    banner = "Пока работает небольшая запасная модель"
    with _configured(services.llm, NO_HUB):
        page = open_visit().page
        expect(page.get_by_text(banner)).to_be_visible()
        expect(page.get_by_text("Не удалось скачать основную модель")).to_be_visible()
        other = open_visit().page
        other.locator(".st-key-close-service-notice button").first.click()
        expect(other.get_by_text(banner)).to_have_count(0)
        wait_until_true(other, "document.cookie.includes('closed-notice=fallback')")
        other.reload()
        other.get_by_role("button", name="Расшифровать", exact=True).wait_for()
        other.wait_for_load_state("networkidle")
        expect(other.get_by_text(banner)).to_have_count(0)
    expect(page.get_by_text(banner)).to_have_count(0)
