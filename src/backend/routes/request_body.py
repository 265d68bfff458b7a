"""Reads request bodies as streams, and closes connections whose body stays unread."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.dependencies import Services
from backend.errors import BadRequestError, TooLargeError, TooSlowError

RATE_WINDOW_S = 60.0
"""Seconds of waiting for a client after which its speed is judged."""

_LINGER_S = 2
_is_count = re.compile(r"[0-9]{1,20}").fullmatch


def announced_bytes(request: Request) -> int:
    """Return the size of the body by its header; 0 without one."""
    value = request.headers.get("Content-Length", "")
    return int(value) if _is_count(value) else 0


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """Yield the pieces of the body.

    Raises:
        BadRequestError: the client disconnected.
        TooSlowError: it sent less than `MIN_UPLOAD_BYTES_PER_S`, or nothing, for too long.
    """
    services: Services = request.app.state.services
    rate = _RateCheck(services.settings.min_upload_bytes_per_s)
    while True:
        message = await rate.receive(request)
        if message["type"] == "http.disconnect":
            raise BadRequestError("The request was cut off before its end.")
        if part := message.get("body"):
            yield part
        if not message.get("more_body", False):
            return


class _RateCheck:
    """Measures how fast a client sends; the time that the service takes does not count."""

    def __init__(self, min_bytes_per_s: int) -> None:
        self._min_bytes_per_s = min_bytes_per_s
        self._waited_s = 0.0
        self._n_bytes = 0

    async def receive(self, request: Request) -> Message:
        """Return the next message; raises TooSlowError after a window with too few bytes."""
        while True:
            started = time.monotonic()
            message: Message | None = None
            with suppress(TimeoutError):
                async with asyncio.timeout(RATE_WINDOW_S - self._waited_s):
                    message = await request.receive()
            self._waited_s += time.monotonic() - started
            if message is not None:
                self._n_bytes += len(message.get("body", b""))
            if self._waited_s >= RATE_WINDOW_S:
                self._begin_window(is_complete=message is not None and _is_last(message))
            if message is not None:
                return message

    def _begin_window(self, *, is_complete: bool) -> None:
        least = max(1, self._min_bytes_per_s * RATE_WINDOW_S)
        if self._n_bytes < least and not is_complete:
            raise TooSlowError(
                f"Only {self._n_bytes} bytes arrived in {RATE_WINDOW_S:g} s; the least speed is "
                f"{self._min_bytes_per_s} bytes per second."
            )
        self._waited_s, self._n_bytes = 0.0, 0


def _is_last(message: Message) -> bool:
    return not message.get("more_body", False)


async def small_body_of(request: Request, max_bytes: int) -> bytes:
    """Return the whole body; TooLargeError if it is longer than `max_bytes`."""
    body = bytearray()
    async for part in body_of(request):
        body += part
        if len(body) > max_bytes:
            raise TooLargeError(f"The body is larger than {max_bytes} bytes.")
    return bytes(body)


class CloseUnreadMiddleware:
    """Closes the connection after a response that precedes the end of the request's body.

    Otherwise the server would read the rest, perhaps gigabytes, and discard it. It still reads
    for a moment: closing the connection while the client is sending would reset it, and the
    client would lose the response.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, and close the connection if its body is not read to the end."""
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        is_read = False

        async def receive_and_watch() -> Message:
            nonlocal is_read
            message = await receive()
            is_read = is_read or not message.get("more_body", False)
            return message

        async def close_unread(message: Message) -> None:
            if message["type"] == "http.response.start" and not is_read:
                MutableHeaders(raw=message["headers"])["Connection"] = "close"
            elif not message.get("more_body", False) and not is_read:
                await send({**message, "more_body": True})
                await _linger(receive)
                message = {"type": "http.response.body"}
            await send(message)

        await self._app(scope, receive_and_watch, close_unread)


async def _linger(receive: Receive) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            while (await receive()).get("more_body", False):
                pass


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
