"""Add headers that keep the page out of frames and foreign scripts out of the page."""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontend.page_files import INDEX

_find_inline_scripts = re.compile(r"<script>(.*?)</script>", re.DOTALL).findall


def content_security_policy() -> str:
    """Return the policy: everything comes from the page's own server.

    Scripts of components arrive over the WebSocket and are loaded from `blob:` addresses; the
    inline script of Streamlit's page is allowed by its hash.
    """
    scripts = " ".join(map(_source_hash, _find_inline_scripts(INDEX.read_text(encoding="utf-8"))))
    directives = {
        "default-src": "'self'",
        "script-src": f"'self' blob: {scripts}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}".strip() for name, sources in directives.items())


class SecurityHeadersMiddleware:
    """Add the headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request and add the headers to its response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message["headers"]).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _source_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
