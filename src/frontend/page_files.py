"""Serve the page's scripts and styles: the folder `web/` under `/page/`."""

from os import PathLike, stat_result
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER = Path(__file__).with_name("web")


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


def page_files() -> Mount:
    """Return the route of the static files."""
    return Mount("/page", _RevalidatedFiles(directory=_FOLDER))
