"""The context that every view receives."""

from dataclasses import dataclass

from frontend.backend_client import BackendClient
from frontend.i18n import Translator
from frontend.settings import FrontendSettings


@dataclass(frozen=True)
class Page:
    """Texts, backend client and settings of one run of the page."""

    t: Translator
    backend: BackendClient
    settings: FrontendSettings
