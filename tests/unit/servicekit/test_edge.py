"""If these fail, private text gets into logs, or clients can fill the memory or our alarms."""

import asyncio
import json
import logging
import subprocess
import sys

import httpx
import pytest
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from starlette.requests import ClientDisconnect

from live_server import serving
from servicekit.edge import install_edge
from servicekit.settings import ServiceSettings

SECRET = "то что было сказано"

LOG_AN_ERROR = f"""
import logging
from servicekit.logs import configure_logging

configure_logging("DEBUG", "test")

def fail(transcript):
    raise ValueError("a reason")

try:
    fail("{SECRET}")
except ValueError:
    logging.getLogger("somewhere").exception("it_failed")
"""


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()

    async def run_checks() -> dict:
        return {}

    @app.get("/gone")
    async def gone() -> None:
        raise ClientDisconnect

    @app.post("/read")
    async def read(request: Request) -> int:
        return len(await request.body())

    install_edge(app, ServiceSettings(_env_file=None), run_checks, CollectorRegistry())
    return app


def test_a_traceback_in_the_log_shows_no_values() -> None:
    log = subprocess.run(
        [sys.executable, "-c", LOG_AN_ERROR], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ).stderr  # fmt: skip
    assert json.loads(log)["exception"][0]["exc_value"] == "a reason"
    assert "fail" in log
    assert SECRET not in log


async def test_a_client_that_has_gone_is_no_error_of_ours(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        assert (await client.get("/gone")).status_code == 499
        _, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
        writer.write(b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nabc")
        await writer.drain()
        writer.close()
        await asyncio.sleep(0.2)
        metrics = (await client.get("/metrics")).text
    assert 'status="500"' not in metrics
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_invented_methods_do_not_fill_the_memory(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for number in range(20):
            await client.request(f"BAR{number}", "/read")
        assert "BAR" not in (await client.get("/metrics")).text


async def test_a_request_id_of_the_callers_comes_back_and_a_strange_one_does_not(
    app: FastAPI,
) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for sent, kept in (("my-id.1", True), ("a b", False), ("x" * 200, False)):
            answer = await client.get("/missing", headers={"X-Request-ID": sent})
            assert (answer.headers["X-Request-ID"] == sent) is kept
            assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


async def test_metrics_are_short_and_come_as_openmetrics_if_asked(app: FastAPI) -> None:
    """Otherwise each histogram doubles its series, and scrapers get a form they do not want."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await client.get("/read")
        plain = await client.get("/metrics")
        accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
        asked = await client.get("/metrics", headers=accept)
    assert "http_request_duration_seconds_count" in plain.text
    assert "\nprocess_resident_memory_bytes " in plain.text
    assert "_created" not in plain.text + asked.text
    assert plain.headers["Content-Type"].startswith("text/plain")
    assert asked.headers["Content-Type"].startswith("application/openmetrics-text")
    assert asked.text.endswith("# EOF\n")
