"""What every view is given."""

from dataclasses import dataclass

from frontend.backend_client import BackendClient
from frontend.i18n import Translator
from frontend.settings import FrontendSettings


@dataclass(frozen=True)
class Page:
    """The words, the backend and the settings of one run of the page."""

    t: Translator
    backend: BackendClient
    settings: FrontendSettings
