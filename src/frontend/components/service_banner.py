"""A banner while the service is unavailable, starting or degraded."""

import streamlit as st

from contracts.models import HealthStatus, ModelInfo, ModelList, ModelState
from frontend.backend_client import FrontendError
from frontend.i18n import Translator
from frontend.page import Page
from frontend.session import close_notice, closed_notice

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
        _show_notice(page.t, "fallback", _fallback_text(page.t, models))
    elif health.status is HealthStatus.DEGRADED:
        text = f"{page.t('service.degraded')}. {page.t('service.details')}"
        _show_notice(page.t, "degraded", text)
    elif closed_notice():
        close_notice("")


def _banner_text(t: Translator, key: str) -> str:
    return f"**{t(key)}**  \n{t(f'{key}.next')}"


def _show_notice(t: Translator, notice: str, text: str) -> None:
    """Show one quiet line until the visitor closes it; the statistics have the details.

    Args:
        notice: which one it is; it stays closed in this browser as long as it holds.
    """
    if closed_notice() == notice:
        return
    with st.container(key="service-notice", horizontal=True, vertical_alignment="center"):
        st.caption(f":material/info: {text}", width="stretch")
        is_closed = st.button(
            "",
            icon=":material/close:",
            help=t("service.close"),
            type="tertiary",
            key="close-service-notice",
        )
    if is_closed:
        close_notice(notice)
        st.rerun()  # the whole page: the header gives the browser the cookie


def _fallback_text(t: Translator, models: ModelList) -> str:
    configured = (model for model in models.data if not model.is_fallback)
    missing = next((model for model in configured if not model.is_available), None)
    state = f" {_main_model_state(t, missing)}" if missing else ""
    return f"{t('service.fallback')}.{state} {t('service.details')}"


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
