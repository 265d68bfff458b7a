import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from contracts.models import Health, HealthCheck, HealthStatus, ModelInfo, ModelList, ModelState
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import READY_MODEL, OpenPage, StandInBackend

pytestmark = pytest.mark.whole_app


RU = Translator(Language.RU)


HOSTILE = "<script>alert(1)</script> **bold** $x$ :smile: [a](b) # h"


def test_an_unavailable_backend_and_its_return_are_noticed(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, backend: StandInBackend
):
    url = backend.url
    backend.url = "http://127.0.0.1:9"  # nobody listens there
    page = open_page(job="job-1")
    assert RU("service.unavailable") in page.warning[0].value
    assert not page.exception
    monkeypatch.setenv("BACKEND_URL", url)
    page.run()
    assert not page.warning


def _fallback(configured: ModelInfo) -> ModelList:
    return ModelList(data=[configured, READY_MODEL.model_copy(update={"is_fallback": True})])


def captions(page: AppTest) -> str:
    return " ".join(each.value for each in page.caption)


@pytest.mark.parametrize(
    ("configured", "sentence"),
    [
        (ModelInfo(id="m", state=ModelState.FETCHING, progress=0.42), "скачивается: 42\xa0%."),
        (ModelInfo(id="m", state=ModelState.FETCHING), RU("service.fetching")),
        (ModelInfo(id="m", state=ModelState.LOADING), RU("service.loading")),
        (ModelInfo(id="m", state=ModelState.FAILED), RU("service.fetch_failed")),
    ],
    ids=["share", "fetching", "loading", "failed"],
)
def test_the_fallback_model_is_announced_with_the_state_of_the_main_one(
    open_page: OpenPage, backend: StandInBackend, configured: ModelInfo, sentence: str
):
    backend.health = Health(status=HealthStatus.DEGRADED, checks={})
    backend.models = _fallback(configured)
    page = open_page()
    assert not page.info
    notice = page.caption[0].value
    assert RU("service.fallback") in notice
    assert sentence in notice
    page.button(key="close-service-notice").click().run()
    assert not page.exception
    assert RU("service.fallback") not in captions(page)


def test_a_closed_notice_stays_closed_in_this_browser_until_all_is_well(
    open_page: OpenPage, backend: StandInBackend, monkeypatch: pytest.MonkeyPatch
):
    """It came back with every reload; and for good it would hide later problems."""
    cookies = {"closed-notice": "fallback"}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: cookies))
    backend.health = Health(status=HealthStatus.DEGRADED, checks={})
    backend.models = _fallback(ModelInfo(id="m", state=ModelState.FAILED))
    page = open_page()
    assert RU("service.fallback") not in captions(page)
    backend.models = ModelList(data=[READY_MODEL])
    assert RU("service.degraded") in captions(page.run())
    backend.health = Health(status=HealthStatus.READY, checks={})
    page.run()
    backend.health = Health(status=HealthStatus.DEGRADED, checks={})
    backend.models = _fallback(ModelInfo(id="m", state=ModelState.FAILED))
    assert RU("service.fallback") in captions(page.run())


def test_errors_of_the_service_are_not_on_every_page(open_page: OpenPage, backend: StandInBackend):
    """Every visitor saw a library's English on every page."""
    check = HealthCheck(status=HealthStatus.DEGRADED, detail=HOSTILE)
    backend.health = Health(status=HealthStatus.DEGRADED, checks={"disk": check})
    backend.models = _fallback(ModelInfo(id="m", state=ModelState.FAILED, detail=HOSTILE))
    page = open_page()
    assert HOSTILE not in str(page.main)
    backend.models = ModelList(data=[READY_MODEL])
    page.run()
    assert RU("service.degraded") in page.caption[0].value


def test_a_starting_service_is_announced(open_page: OpenPage, backend: StandInBackend):
    backend.health = Health(status=HealthStatus.STARTING, checks={})
    assert RU("service.starting") in open_page().info[0].value


def test_a_ready_service_has_no_banner(open_page: OpenPage):
    page = open_page()
    assert not page.info
    assert not page.warning
