"""Serve the page of a shared transcript, which is no part of Streamlit's.

Its readers have no key and no password, so that it shows nothing else. The token in its address
goes to the backend, which alone knows whether it is valid.
"""

import html
import json

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from frontend.components.header import preferred_languages
from frontend.components.web_component import WEB
from frontend.i18n import Language, Translator

_TEXT_PREFIXES = (
    "shared.", "speaker.unnamed", "reader.play_from", "duration.", "problem.unavailable",
)  # fmt: skip
_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def shared_page_route() -> Route:
    """Return the route of the page, `/shared/{token}`."""
    template = (WEB / "shared" / "shared.html").read_text(encoding="utf-8")

    async def shared_page(request: Request) -> HTMLResponse:
        t = Translator(_language_of(request))
        texts = {"language": t.language.value, "labels": t.templates(_TEXT_PREFIXES)}
        page = template.format(
            language=t.language.value,
            title=html.escape(t("shared.title")),
            loading=html.escape(t("shared.loading")),
            texts=json.dumps(texts).replace("<", "\\u003c"),
        )
        return HTMLResponse(page, headers=_HEADERS)

    return Route("/shared/{token}", shared_page)


def _language_of(request: Request) -> Language:
    preferred = preferred_languages(request.headers.get("Accept-Language", ""))
    known = (each for each in preferred if each in set(Language))
    return Language(next(known, next(iter(Language))))
