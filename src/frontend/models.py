"""The speech models that the page knows of."""

from collections.abc import Sequence

import streamlit as st

from contracts.models import ModelInfo
from frontend.backend_client import BackendClient, FrontendError
from frontend.page import Page

_TTL_S = 5.0
"""Seconds for which the page remembers the models: they come and go."""


def known_models(page: Page) -> list[ModelInfo]:
    """Return the models and their states; none while they are unknown."""
    return _models(str(page.settings.backend_url), page.backend)


def choices(models: Sequence[ModelInfo]) -> list[str]:
    """Return the ids that a visitor may choose from; none if there is only one model."""
    ids = [model.id for model in models if not model.is_fallback]
    return ids if len(ids) > 1 else []


@st.cache_data(ttl=_TTL_S, show_spinner=False)
def _models(url: str, _backend: BackendClient) -> list[ModelInfo]:
    """Return the models; each run of the page would ask the backend again."""
    try:
        return _backend.models().data
    except FrontendError:
        return []
