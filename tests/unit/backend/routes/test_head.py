"""HEAD asks for the headers that GET would give."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import FileResponse, StreamingResponse

from backend.routes.head import HeadMiddleware
from live_server import serving


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    recording = tmp_path / "recording.bin"
    recording.write_bytes(b"x" * 300_000)
    app = FastAPI()
    app.add_middleware(HeadMiddleware)
    app.add_api_route("/json", lambda: {"a": 1})
    app.add_api_route("/file", lambda: FileResponse(recording))

    async def forever() -> AsyncIterator[bytes]:
        while True:
            yield b": ping\n\n"
            await asyncio.sleep(0.01)

    app.add_api_route("/events", lambda: StreamingResponse(forever()))
    app.add_api_route("/v1/uploads/1", lambda: None, methods=["GET"])
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=5) as client:
        yield client


@pytest.mark.parametrize(("path", "n_bytes"), [("/json", "7"), ("/file", "300000")])
async def test_head_has_the_headers_of_get_and_no_body(server, path, n_bytes) -> None:
    got, asked = await server.get(path), await server.head(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == got.headers["content-length"] == n_bytes
    assert asked.headers["content-type"] == got.headers["content-type"]


async def test_a_stream_without_end_does_not_hold_the_connection(server) -> None:
    for _ in range(3):
        assert (await server.head("/events")).status_code == 200
    assert (await server.get("/json")).json() == {"a": 1}


async def test_what_is_not_there_is_not_there_for_head_either(server) -> None:
    answer = await server.head("/nowhere")
    assert (answer.status_code, answer.content) == (404, b"")


async def test_head_of_an_upload_stays_tuss_own(server) -> None:
    assert (await server.head("/v1/uploads/1")).status_code == 405
