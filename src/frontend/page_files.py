"""Serve the page: Streamlit's HTML with the style sheet, and the folder `web/` under `/page/`."""

from os import PathLike, stat_result
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"

_FOLDER = Path(__file__).with_name("web")
_STYLE_SHEET = '<link rel="stylesheet" href="/page/page/page.css" />'


class _RevalidatedFiles(StaticFiles):
    """Static files that browsers cache but revalidate by ETag on each use."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def page_routes() -> list[BaseRoute]:
    """Return the routes of the HTML and of the static files.

    A style sheet that comes with the HTML applies from the first element on, so that nothing
    moves when the rest arrives.
    """
    html = INDEX.read_text(encoding="utf-8").replace("</head>", f"{_STYLE_SHEET}</head>", 1)

    async def index(_: Request) -> Response:
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    return [Route("/", index), Mount("/page", _RevalidatedFiles(directory=_FOLDER))]
