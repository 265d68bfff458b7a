"""A line above everything when the service is not all that it should be."""

import streamlit as st

from contracts.models import Health, HealthStatus, ModelInfo, ModelList, ModelState
from frontend.backend_client import FrontendError
from frontend.components.plain_text import small_plain_text
from frontend.i18n import Translator
from frontend.page import Page

REFRESH_S = 4
"""Seconds; soon enough to notice that the service is back, and no load."""


@st.fragment(run_every=REFRESH_S)
def show_service_banner(page: Page) -> None:
    """Say how the service is, unless it is as it should be; looks again by itself."""
    try:
        health = page.backend.health()
        models = page.backend.models() if health.status is HealthStatus.DEGRADED else None
    except FrontendError:
        st.warning(_two_lines(page.t, "service.unavailable"), icon=":material/cloud_off:")
        return
    if health.status is HealthStatus.STARTING:
        st.info(_two_lines(page.t, "service.starting"), icon=":material/hourglass_top:")
    elif models and any(model.is_fallback for model in models.data):
        _show_fallback(page.t, models)
    elif health.status is HealthStatus.DEGRADED:
        _show_degraded(page.t, health)


def _two_lines(t: Translator, key: str) -> str:
    return f"**{t(key)}**  \n{t(f'{key}.next')}"


def _show_fallback(t: Translator, models: ModelList) -> None:
    configured = next((model for model in models.data if not model.is_fallback), None)
    lines = [_two_lines(t, "service.fallback")]
    if configured:
        lines.append(_what_became_of(t, configured))
    st.info(" ".join(lines), icon=":material/info:")
    if configured and configured.state is ModelState.FAILED and configured.detail:
        small_plain_text(configured.detail, "model-detail")


def _what_became_of(t: Translator, configured: ModelInfo) -> str:
    match configured.state:
        case ModelState.FAILED:
            return t("service.fetch_failed")
        case ModelState.FETCHING if configured.progress is not None:
            return t("service.fetching_share", percent=t.percent(configured.progress))
        case ModelState.FETCHING:
            return t("service.fetching")
        case _:
            return t("service.loading")


def _show_degraded(t: Translator, health: Health) -> None:
    st.info(f"**{t('service.degraded')}**", icon=":material/info:")
    for name, check in health.checks.items():
        if check.status is not HealthStatus.READY and check.detail:
            small_plain_text(check.detail, f"check-{name}")
