"""Connections that do nothing are closed; without limits they would use up the descriptors."""

import asyncio
import logging
import resource
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from websockets.asyncio.client import connect

from live_server import serving
from servicekit import connections
from servicekit.connections import LimitedConnection, max_connections

pytestmark = pytest.mark.whole_app

HEAD_TIMEOUT_S = 0.5


def _app() -> FastAPI:
    app = FastAPI()

    @app.post("/upload")
    async def upload(request: Request) -> int:
        return len(await request.body())

    @app.get("/events")
    async def events() -> StreamingResponse:
        async def send() -> AsyncIterator[bytes]:
            for _ in range(4):
                await asyncio.sleep(HEAD_TIMEOUT_S / 2)
                yield b"event\n"

        return StreamingResponse(send())

    @app.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await asyncio.sleep(2 * HEAD_TIMEOUT_S)
        await socket.send_text("still open")

    return app


@pytest.fixture
async def url(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", HEAD_TIMEOUT_S)
    async with serving(_app(), http=LimitedConnection, timeout_keep_alive=1) as url:
        yield url


async def _open(url: str, sent: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
    writer.write(sent)
    await writer.drain()
    return reader, writer


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET",
        b"GET /docs HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\nGET /second HTTP/1.1\r\n",
        b"GET /docs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nno more",
    ],
    ids=["nothing", "request line", "header", "second request", "body that nobody reads"],
)
async def test_half_open_connections_are_closed(url: str, sent: bytes, caplog):
    """Otherwise 1,024 of them stop the service for everybody."""
    opened = [await _open(url, sent) for _ in range(300)]
    async with asyncio.timeout(HEAD_TIMEOUT_S + 5):
        for reader, writer in opened:
            with suppress(ConnectionResetError):  # closed before the server has read all
                while await reader.read(65_536):
                    pass
            writer.close()
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{url}/openapi.json")).status_code == 200
    assert [line for line in caplog.records if line.levelno >= logging.WARNING] == []


async def test_a_byte_now_and_then_does_not_keep_a_connection(url: str):
    reader, writer = await _open(url, b"GET /docs HTTP/1.1\r\n")

    async def dribble() -> None:
        while True:
            await asyncio.sleep(HEAD_TIMEOUT_S / 10)
            writer.write(b"X-Slow: 1\r\n")

    dribbling = asyncio.create_task(dribble())
    with suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 4 * HEAD_TIMEOUT_S) == b""
    dribbling.cancel()
    writer.close()


async def test_slow_bodies_event_streams_and_websockets_stay_open(url: str):
    async def body() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(HEAD_TIMEOUT_S / 2)
            yield b"x"

    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.post(f"{url}/upload", content=body())).json() == 4
        assert (await client.get(f"{url}/events")).text.count("event") == 4
    async with connect(f"{url.replace('http', 'ws')}/stream", proxy=None) as socket:
        assert await socket.recv() == "still open"


async def test_connections_over_the_limit_are_refused_and_the_others_work(url: str, monkeypatch):
    monkeypatch.setattr(connections, "max_connections", lambda: 2)
    first = [await _open(url) for _ in range(2)]
    reader, writer = await _open(url)
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 503 ")
    writer.close()
    reader, writer = first[0]
    writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b" 200 " in await reader.readline()
    for _, each in first:
        each.close()


def test_half_of_the_descriptors_stay_free():
    max_connections.cache_clear()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert max_connections() <= resource.getrlimit(resource.RLIMIT_NOFILE)[0] / 2
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
