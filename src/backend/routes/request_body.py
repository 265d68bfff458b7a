"""The body of a request, as it comes, and what becomes of one that is not read to its end."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import BadRequestError, TooLargeError

SILENCE_S = 60
"""Seconds without a byte after which a client is taken for gone, and its place is freed."""

_LINGER_S = 2
_is_count = re.compile(r"[0-9]{1,20}").fullmatch


def announced_bytes(request: Request) -> int:
    """Return the body's size as the client gives it; 0 when it gives none."""
    value = request.headers.get("Content-Length", "")
    return int(value) if _is_count(value) else 0


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """Yield the body as it comes.

    Raises: BadRequestError: the client hung up, or fell silent.
    """
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                part = await anext(stream, None)
        except (ClientDisconnect, TimeoutError) as error:
            raise BadRequestError("The request was cut off before its end.") from error
        if part is None:
            return
        if part:
            yield part


async def small_body_of(request: Request, max_bytes: int) -> bytes:
    """Return a body that has to be small, or raise TooLargeError."""
    body = bytearray()
    async for part in body_of(request):
        body += part
        if len(body) > max_bytes:
            raise TooLargeError(f"This body may have {max_bytes} bytes at most.")
    return bytes(body)


class CloseUnreadMiddleware:
    """Closes the connection after an answer that came before the body's end.

    Else the server would read the rest, gigabytes perhaps, only to throw it away. It goes on
    reading for a moment all the same: a connection that is closed on a client in the middle
    of a word is reset, and the client loses the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and watch how much of it is read."""
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        is_read = False

        async def watch() -> Message:
            nonlocal is_read
            message = await receive()
            is_read = is_read or not message.get("more_body", False)
            return message

        async def close_unread(message: Message) -> None:
            if message["type"] == "http.response.start" and not is_read:
                MutableHeaders(raw=message["headers"])["Connection"] = "close"
            elif not message.get("more_body", False) and not is_read:
                await send({**message, "more_body": True})
                await _read_on(receive)
                message = {"type": "http.response.body"}
            await send(message)

        await self._app(scope, watch, close_unread)


async def _read_on(receive: Receive) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            while (await receive()).get("more_body", False):
                pass


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
