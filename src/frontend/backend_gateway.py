"""The way from the browser's scripts to the backend: `/backend/…` on the page's own server.

Only the calls in `_ALLOWED` pass. Bodies are streamed both ways and never held; of the headers
only those named here pass, so that neither the page's cookies nor the backend's key get to
the other side.
"""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from contracts.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemType

log = logging.getLogger(__name__)

PREFIX = "/backend"

RETRY_AFTER_S = 5
"""Seconds after which a browser may try again when the backend is away."""

# events have heartbeats, and the look at a long recording takes a minute or two
_TIMEOUT = httpx.Timeout(300.0, connect=3.0, pool=3.0)
_LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=20)

_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE"]
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

_ID = "[A-Za-z0-9_-]{1,128}"
_JOB = rf"/v1/transcriptions/{_ID}"
_ALLOWED = [
    (re.compile(pattern).fullmatch, methods)
    for pattern, methods in (
        (r"/v1/uploads/?", {"POST", "OPTIONS"}),
        (rf"/v1/uploads/{_ID}", {"HEAD", "PATCH", "DELETE"}),
        (rf"/v1/uploads/{_ID}/(recording|excerpt)", {"GET"}),
        (_JOB, {"GET"}),
        (rf"{_JOB}/(events|export|waveform)", {"GET"}),
        (rf"{_JOB}/audio", {"GET", "HEAD"}),
        (rf"{_JOB}/segments/[0-9]{{1,9}}", {"PATCH"}),
        (rf"{_JOB}/(cancel|resume)", {"POST"}),
    )
]

_ASKED = {
    "accept", "accept-language", "content-length", "content-type", "if-match",
    "if-modified-since", "if-none-match", "if-range", "last-event-id", "range",
    "tus-resumable", "upload-checksum", "upload-length", "upload-metadata", "upload-offset",
    "x-request-id",
}  # fmt: skip
_ANSWERED = {
    "accept-ranges", "cache-control", "content-disposition", "content-length", "content-range",
    "content-type", "etag", "last-modified", "retry-after", "tus-checksum-algorithm",
    "tus-extension", "tus-max-size", "tus-resumable", "tus-version", "upload-expires",
    "upload-length", "upload-metadata", "upload-offset", "x-content-type-options",
    "x-request-id",
}  # fmt: skip


class BackendGateway:
    """Passes on what the browser's scripts may ask of the backend.

    Args:
        base_url: address of the backend, without a path.
        headers: what the backend is told with every request, its key for one.
    """

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"Accept-Encoding": "identity", **headers},
            timeout=_TIMEOUT,
            limits=_LIMITS,
            trust_env=False,
        )
        self.route = Route(f"{PREFIX}/{{path:path}}", self._answer, methods=_METHODS)

    @asynccontextmanager
    async def open(self, _app: object) -> AsyncIterator[None]:
        """Close the connections when the page's server stops."""
        async with self._http:
            yield

    async def _answer(self, request: Request) -> Response:
        path = _path_at_backend(request)
        methods = next((methods for matches, methods in _ALLOWED if matches(path)), None)
        if methods is None:
            return refuse(ProblemType.NOT_FOUND, "The page does not pass this call on.")
        if request.method not in methods:
            return refuse(ProblemType.METHOD_NOT_ALLOWED, f"One of {', '.join(sorted(methods))}.")
        if not is_of_this_page(request):
            return refuse_foreign()
        return await self._pass_on(request, path)

    async def _pass_on(self, request: Request, path: str) -> Response:
        headers = {name: value for name, value in request.headers.items() if name in _ASKED}
        asked = self._http.build_request(
            request.method,
            path,
            params=request.query_params.multi_items(),
            headers=headers,
            content=None if request.method in _SAFE_METHODS else request.stream(),
        )
        try:
            answer = await self._http.send(asked, stream=True)
        except httpx.HTTPError as error:
            log.warning("backend_away error=%s", type(error).__name__)
            return _answer_away()
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        return _PassedOnAnswer(
            _body(answer), status_code=answer.status_code, headers=_headers_back(answer)
        )


class _PassedOnAnswer(StreamingResponse):
    """Breaks off where the backend does, so that no half of an answer looks like the whole."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except httpx.HTTPError as error:  # left unfinished, the connection is closed
            log.warning("backend_broke_off error=%s", type(error).__name__)


def _path_at_backend(request: Request) -> str:
    """Return the path as it was sent: one with an encoded character matches no call."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.decode("latin-1").removeprefix(PREFIX)


def is_of_this_page(request: Request) -> bool:
    """Return whether the page itself asks, and not one of another origin.

    A browser tells who asks by Sec-Fetch-Site or, where the page has no TLS, by Origin.
    """
    is_safe = request.method in _SAFE_METHODS
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin" or (is_safe and site == "none")
    if origin := request.headers.get("origin"):
        return urlsplit(origin).netloc == request.headers.get("host")
    return is_safe


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()


def _headers_back(answer: httpx.Response) -> dict[str, str]:
    headers = {name: value for name, value in answer.headers.items() if name in _ANSWERED}
    location = urlsplit(answer.headers.get("location", "")).path
    if location:
        headers["location"] = f"{PREFIX}{location}"
    return headers


def _answer_away() -> Response:
    answer = refuse(ProblemType.NOT_READY, "The backend does not answer.")
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def refuse(kind: ProblemType, detail: str) -> Response:
    """Return a problem of our own."""
    return _problem(Problem(type=kind.uri, title=kind.title, status=kind.status, detail=detail))


def refuse_foreign() -> Response:
    """Return the answer to a page of another origin."""
    detail = "Only the page itself may ask for this."
    return _problem(Problem(type="about:blank", title="Forbidden", status=403, detail=detail))


def _problem(problem: Problem) -> Response:
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, status_code=problem.status, media_type=PROBLEM_MEDIA_TYPE)
