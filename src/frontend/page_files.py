"""The page's own scripts and styles: `web/` beside this file, at `/page/…`."""

from os import PathLike, stat_result
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER = Path(__file__).with_name("web")


class _CheckedFiles(StaticFiles):
    """Files that a browser keeps, but asks about (ETag) before it uses them again."""

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


def page_files() -> Mount:
    """Return the route of the page's own files."""
    return Mount("/page", _CheckedFiles(directory=_FOLDER))
