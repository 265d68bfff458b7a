"""If these fail, users cannot choose among several models, or ask one for what it cannot do."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.visits import LaunchChromium, Visit
from testbed.services import Services, running_services
from unit.llm.onnx_models import write_gigaam_ctc, write_parakeet_tdt

pytestmark = pytest.mark.slow

PROMPT = "Контекст"


@pytest.fixture(scope="module")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Run the services with tiny networks in the layouts of GigaAM and of Parakeet."""
    folder = tmp_path_factory.mktemp("two_models")
    russian = write_gigaam_ctc(folder / "russian")
    european = write_parakeet_tdt(folder / "european")
    with running_services(folder, LLM_MODELS=f"ru={russian},*={european}") as services:
        yield services


def choose_model(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Модель").first.click()
    page.get_by_role("option", name=name, exact=True).click()


def expect_impossible(page: Page, model: str) -> None:
    """Expect that the prompt is disabled, and that its tooltip says why."""
    expect(page.get_by_role("textbox", name=PROMPT)).to_be_disabled()
    widget = page.get_by_test_id("stTextArea").filter(has_text=PROMPT)
    page.mouse.move(0, 0)
    widget.get_by_test_id("stTooltipHoverTarget").hover()
    reason = page.get_by_text(f"Модель {model} этого не умеет.")
    expect(reason.first).to_be_visible()


def test_a_model_is_chosen_and_what_it_cannot_do_is_disabled_with_the_reason(
    two_models: Services, launch_chromium: LaunchChromium
) -> None:
    context = launch_chromium().new_context(locale="ru-RU")
    context.set_default_timeout(30_000)
    visit = Visit(context, context.new_page(), two_models.frontend.url)
    visit.begin()
    page = visit.page
    page.get_by_text("Дополнительно").click()
    expect_impossible(page, "russian")  # that of the page's language
    choose_model(page, "european")
    expect_impossible(page, "european")
    choose_model(page, "по языку")
    expect_impossible(page, "russian")
    context.close()


def test_a_model_that_is_not_there_is_refused_with_the_list_of_those_that_are(
    two_models: Services,
) -> None:
    answer = httpx.post(
        f"{two_models.backend.url}/v1/transcriptions",
        files={"file": ("a.wav", b"RIFF")},
        data={"model": "none"},
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-model")
    assert answer.json()["detail"] == "There is no model 'none', only: european, russian."
