"""Web pages of other origins call the backend, with the real app."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from backend.app import create_app
from backend.settings import BackendSettings
from unit.backend.routes.test_uploads import VERSION

pytestmark = pytest.mark.whole_app

KEY = "first-0123456789-0123456789-abcd"
PAGE = "https://page.example"
UPLOADS = "/v1/uploads"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = BackendSettings(
        _env_file=None,
        data_dir=tmp_path / "data",
        llm_url="http://127.0.0.1:9",
        min_free_disk_bytes=0,
        api_keys=KEY,
        cors_origins=f"{PAGE}, http://localhost:3000",
    )
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://backend") as client,
    ):
        yield client


def preflight(origin: str) -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,tus-resumable,upload-offset",
    }


async def test_a_preflight_needs_no_key(client) -> None:
    """Otherwise Uppy and tus-js-client on another page stop before their first request."""
    answer = await client.options(f"{UPLOADS}/x", headers=preflight(PAGE))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "upload-offset" in answer.headers["access-control-allow-headers"]


async def test_a_listed_page_can_upload_and_read_the_headers_of_tus(client) -> None:
    """Otherwise tus-js-client does not learn the address of its upload."""
    headers = {**VERSION, "Origin": PAGE, "Upload-Length": "5", "X-API-Key": KEY}
    answer = await client.post(UPLOADS, headers=headers)
    assert answer.status_code == 201
    exposed = answer.headers["access-control-expose-headers"]
    assert {"Location", "Upload-Offset", "Tus-Resumable"} <= set(exposed.split(", "))


async def test_an_error_can_be_read_by_a_listed_page(client) -> None:
    """Otherwise a missing key looks like a network failure."""
    answer = await client.get("/v1/transcriptions", headers={"Origin": PAGE})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == PAGE


async def test_other_pages_are_refused(client) -> None:
    """Otherwise any site could use the backend through its visitors."""
    other = "https://other.example"
    assert (await client.options(UPLOADS, headers=preflight(other))).status_code == 400
    sent = {**VERSION, "Origin": other, "Upload-Length": "5", "X-API-Key": KEY}
    assert (await client.post(UPLOADS, headers=sent)).status_code == 403


async def test_tus_is_described_at_every_address_of_uploads(client) -> None:
    """Otherwise tus clients that ask before they resume, or omit the slash, get errors."""
    for path in ("", "/", "/x"):
        answer = await client.options(f"{UPLOADS}{path}", headers={"X-API-Key": KEY})
        assert answer.status_code == 204
        assert "creation" in answer.headers["tus-extension"]


async def test_a_key_may_come_in_either_header(client) -> None:
    """Otherwise clients that only know `X-API-Key` cannot call."""
    url = "/v1/transcriptions"
    assert (await client.get(url, headers={"X-API-Key": KEY})).status_code == 200
    assert (await client.get(url, headers={"Authorization": f"Bearer {KEY}"})).status_code == 200
    assert (await client.get(url, headers={"X-API-Key": f"{KEY}x"})).status_code == 401
