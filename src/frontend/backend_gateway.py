"""Forward requests of the browser's scripts to the backend, under `/backend/…`.

Only the calls in `_ALLOWED_CALLS` and the headers listed here pass, so that the page's cookies
do not reach the backend and the backend's key does not reach the browser. Bodies are streamed
both ways.
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from contracts.hosts import SAFE_METHODS
from contracts.problems import ProblemType
from contracts.sign_in import NO_SIGN_IN, SignIn
from frontend.problem_response import problem_response
from frontend.sign_in import signed_in_user
from servicekit import tracing
from servicekit.disconnect import while_connected

log = logging.getLogger(__name__)

PREFIX = "/backend"

RETRY_AFTER_S = 5
"""`Retry-After` of the answer while the backend is unavailable."""

# event streams have heartbeats; the preview of a long recording takes a minute or two
_TIMEOUT = httpx.Timeout(300.0, connect=3.0, pool=3.0)

_EVENTS, _TRANSFERS, _CALLS = "events", "transfers", "calls"
_MAX_CONNECTIONS = {_EVENTS: 400, _TRANSFERS: 200, _CALLS: 100}
"""Connections to the backend by the kind of call, so that streams and uploads, which last, leave
some for the others. The backend accepts a thousand."""
_MAX_IDLE_CONNECTIONS = 20

_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE"]

_SHARED = "/v1/shared/"

_ID = "[A-Za-z0-9_-]{1,128}"
_JOB = rf"/v1/transcriptions/{_ID}"
_ALLOWED_CALLS = [
    (re.compile(pattern).fullmatch, methods, kind)
    for pattern, methods, kind in (
        (r"/v1/uploads/?", {"POST", "OPTIONS"}, _CALLS),
        (rf"/v1/uploads/{_ID}", {"HEAD", "PATCH", "DELETE", "OPTIONS"}, _TRANSFERS),
        (rf"/v1/uploads/{_ID}/(recording|excerpt)", {"GET"}, _TRANSFERS),
        (r"/v1/transcriptions/export", {"POST"}, _TRANSFERS),
        (_JOB, {"GET", "PATCH", "DELETE"}, _CALLS),
        (rf"{_JOB}/events", {"GET"}, _EVENTS),
        (rf"{_JOB}/export", {"GET"}, _TRANSFERS),
        (rf"{_JOB}/(report|waveform)", {"GET"}, _CALLS),
        (rf"{_JOB}/audio", {"GET", "HEAD"}, _TRANSFERS),
        (rf"{_JOB}/segments/[0-9]{{1,9}}", {"PATCH"}, _CALLS),
        (rf"{_JOB}/segments/[0-9]{{1,9}}/(border|join|split)", {"POST"}, _CALLS),
        (rf"{_JOB}/speakers/S[0-9]{{1,3}}", {"PATCH"}, _CALLS),
        (rf"{_JOB}/speakers/S[0-9]{{1,3}}/voice", {"POST"}, _CALLS),
        (rf"{_JOB}/(cancel|repeat|resume|text)", {"POST"}, _CALLS),
        (rf"{_JOB}/notes", {"GET", "POST"}, _CALLS),
        (rf"{_JOB}/notes/[0-9]{{1,18}}", {"PATCH", "DELETE"}, _CALLS),
        (rf"{_JOB}/shares", {"GET", "POST"}, _CALLS),
        (rf"{_JOB}/shares/[0-9]{{1,18}}", {"DELETE"}, _CALLS),
        (rf"/v1/shared/{_ID}", {"GET"}, _CALLS),
        (rf"/v1/shared/{_ID}/audio", {"GET", "HEAD"}, _TRANSFERS),
        (r"/v1/folders", {"GET"}, _CALLS),
        (r"/v1/glossary", {"GET", "POST"}, _CALLS),
    )
]

_REQUEST_HEADERS = {
    "accept", "accept-language", "content-length", "content-type", "if-match",
    "if-modified-since", "if-none-match", "if-range", "last-event-id", "range",
    "traceparent", "tus-resumable", "upload-checksum", "upload-concat", "upload-defer-length",
    "upload-length", "upload-metadata", "upload-offset", "x-request-id",
}  # fmt: skip
_RESPONSE_HEADERS = {
    "accept-ranges", "cache-control", "content-disposition", "content-length", "content-range",
    "content-type", "etag", "last-modified", "retry-after", "tus-checksum-algorithm",
    "tus-extension", "tus-max-size", "tus-resumable", "tus-version", "upload-concat",
    "upload-defer-length", "upload-expires", "upload-length", "upload-metadata", "upload-offset",
    "x-content-type-options", "x-request-id",
}  # fmt: skip


class BackendGateway:
    """A reverse proxy for the calls that the browser's scripts may make.

    Args:
        base_url: the backend's URL, without a path.
        headers: sent with every request, such as the API key.
        sign_in: how a proxy tells who has signed in; readers of a link need not.
    """

    def __init__(
        self, base_url: str, headers: dict[str, str], sign_in: SignIn = NO_SIGN_IN
    ) -> None:
        self._sign_in = sign_in
        self._clients = {
            kind: httpx.AsyncClient(
                base_url=base_url,
                headers={"Accept-Encoding": "identity", **headers},
                timeout=_TIMEOUT,
                limits=httpx.Limits(
                    max_connections=n, max_keepalive_connections=_MAX_IDLE_CONNECTIONS
                ),
                trust_env=False,
            )
            for kind, n in _MAX_CONNECTIONS.items()
        }
        self.route = Route(f"{PREFIX}/{{path:path}}", self._handle, methods=_METHODS)

    @asynccontextmanager
    async def open(self, _app: object) -> AsyncGenerator[None]:
        """Keep the connection pool open for the life of the server."""
        async with AsyncExitStack() as stack:
            for client in self._clients.values():
                await stack.enter_async_context(client)
            yield
        await asyncio.to_thread(tracing.flush)

    async def _handle(self, request: Request) -> Response:
        path = _backend_path(request)
        allowed = next((allowed for allowed in _ALLOWED_CALLS if allowed[0](path)), None)
        if allowed is None:
            return problem_response(ProblemType.NOT_FOUND, "The page does not forward this call.")
        _, methods, kind = allowed
        if request.method not in methods:
            return problem_response(
                ProblemType.METHOD_NOT_ALLOWED, f"Allowed: {', '.join(sorted(methods))}."
            )
        if not _is_same_origin(request):
            return problem_response(
                ProblemType.CROSS_ORIGIN, "Only the page itself may make this request."
            )
        identity: list[tuple[bytes, bytes]] = []
        if self._sign_in and not path.startswith(_SHARED):
            user = signed_in_user(self._sign_in, request.headers.getlist)
            if user is None:
                return problem_response(ProblemType.UNAUTHORIZED, "Sign in at the proxy.")
            identity = self._sign_in.headers_of(user)
        return await self._forward(request, path, self._clients[kind], identity)

    async def _forward(
        self,
        request: Request,
        path: str,
        client: httpx.AsyncClient,
        identity: list[tuple[bytes, bytes]],
    ) -> Response:
        allowed = [
            each for each in request.headers.raw if each[0].decode("latin-1") in _REQUEST_HEADERS
        ]
        headers = httpx.Headers([*allowed, *identity])
        parent = headers.get(tracing.TRACEPARENT)
        with tracing.continued_trace(f"{request.method} {PREFIX}", parent, "SERVER"):
            if traceparent := tracing.traceparent():
                headers[tracing.TRACEPARENT] = traceparent
            return await self._send(request, path, client, headers)

    async def _send(
        self, request: Request, path: str, client: httpx.AsyncClient, headers: httpx.Headers
    ) -> Response:
        has_body = request.method not in SAFE_METHODS
        forwarded = client.build_request(
            request.method,
            path,
            params=tuple(request.query_params.multi_items()),
            headers=headers,
            content=request.stream() if has_body else None,
        )
        sending = client.send(forwarded, stream=True)
        try:
            response = await (sending if has_body else while_connected(request, sending))
        except httpx.HTTPError as error:
            log.warning("backend_unavailable error=%s", type(error).__name__)
            return _unavailable()
        except ClientDisconnect:
            return Response(status_code=400)  # the client is gone and does not read it
        return _ForwardedResponse(
            _body(response), status_code=response.status_code, headers=_response_headers(response)
        )


class _ForwardedResponse(StreamingResponse):
    """Abort the response if the backend's breaks off, so that half of it never looks complete."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except httpx.HTTPError as error:  # uvicorn closes the connection of an unfinished response
            log.warning("backend_response_aborted error=%s", type(error).__name__)


def _backend_path(request: Request) -> str:
    """Return the path undecoded, so that percent-encoding matches no allowed call."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.decode("latin-1").removeprefix(PREFIX)


def _is_same_origin(request: Request) -> bool:
    """Return whether the request comes from the page itself rather than from another origin.

    Browsers send Sec-Fetch-Site or, to a page without TLS, Origin.
    """
    is_safe = request.method in SAFE_METHODS
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin" or (is_safe and site == "none")
    if origin := request.headers.get("origin"):
        return urlsplit(origin).netloc == request.headers.get("host")
    return is_safe


async def _body(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for data in response.aiter_raw():
            yield data
    finally:
        await response.aclose()


def _response_headers(response: httpx.Response) -> dict[str, str]:
    headers = {name: value for name, value in response.headers.items() if name in _RESPONSE_HEADERS}
    location = urlsplit(response.headers.get("location", "")).path
    if location:
        headers["location"] = f"{PREFIX}{location}"
    return headers


def _unavailable() -> Response:
    response = problem_response(ProblemType.NOT_READY, "The backend does not respond.")
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response
