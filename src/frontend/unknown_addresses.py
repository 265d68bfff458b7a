"""Lead browsers from addresses that do not exist to the start page."""

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_SERVED = ("/_stcore/", "/backend/", "/component/", "/media/", "/page/", "/shared/", "/static/")
"""Beginnings of the paths that Streamlit, the gateway and the page's own files have."""


class UnknownAddressMiddleware:
    """Redirect visits of unknown addresses, for which Streamlit would draw half a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or redirect it."""
        if scope["type"] == "http" and _is_lost(scope):
            await RedirectResponse("/", status_code=303)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_lost(scope: Scope) -> bool:
    path: str = scope["path"]
    wants_page = "text/html" in Headers(scope=scope).get("accept", "")
    is_file = "." in path.rpartition("/")[2]
    return wants_page and path != "/" and not is_file and not path.startswith(_SERVED)
