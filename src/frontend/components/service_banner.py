"""A banner while the service is unavailable, starting or degraded."""

import streamlit as st

from contracts.models import Health, HealthStatus, ModelInfo, ModelList, ModelState
from frontend.backend_client import FrontendError
from frontend.components.plain_text import small_plain_text
from frontend.i18n import Translator
from frontend.page import Page

REFRESH_S = 4
"""Seconds between health checks: short enough to notice a recovery, cheap for the backend."""


@st.fragment(run_every=REFRESH_S)
def show_service_banner(page: Page) -> None:
    """Show the state of the service unless it is ready; update periodically."""
    try:
        health = page.backend.health()
        models = page.backend.models() if health.status is HealthStatus.DEGRADED else None
    except FrontendError:
        st.warning(_banner_text(page.t, "service.unavailable"), icon=":material/cloud_off:")
        return
    if health.status is HealthStatus.STARTING:
        st.info(_banner_text(page.t, "service.starting"), icon=":material/hourglass_top:")
    elif models and any(model.is_fallback for model in models.data):
        _show_fallback(page.t, models)
    elif health.status is HealthStatus.DEGRADED:
        _show_degraded(page.t, health)


def _banner_text(t: Translator, key: str) -> str:
    return f"**{t(key)}**  \n{t(f'{key}.next')}"


def _show_fallback(t: Translator, models: ModelList) -> None:
    configured = next((model for model in models.data if not model.is_fallback), None)
    texts = [_banner_text(t, "service.fallback")]
    if configured:
        texts.append(_main_model_state(t, configured))
    st.info(" ".join(texts), icon=":material/info:")
    if configured and configured.state is ModelState.FAILED and configured.detail:
        small_plain_text(configured.detail, "model-detail")


def _main_model_state(t: Translator, configured: ModelInfo) -> str:
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
