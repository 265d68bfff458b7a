"""The backend and the llm refuse what other sites make a visitor's browser send."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry

from contracts.problems import Problem, ProblemType
from live_server import serving
from servicekit.edge import install_edge
from servicekit.settings import ServiceSettings

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.changes = 0

    @app.get("/thing")
    async def read() -> int:
        return 1

    @app.api_route("/thing", methods=["POST", "PATCH", "DELETE", "PUT"], include_in_schema=False)
    async def change(request: Request) -> int:
        app.state.changes += len(await request.body()) + 1
        return 1

    async def run_checks() -> dict:
        return {}

    settings = ServiceSettings(_env_file=None, allowed_hosts="speech.example")
    install_edge(app, settings, run_checks, CollectorRegistry())
    async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield client
    assert app.state.changes == 0, "a refused request changed something"


@pytest.mark.parametrize("path", ["/thing", "/openapi.json", "/metrics", "/health/live", "/none"])
async def test_foreign_host_is_refused_on_every_path(client: httpx.AsyncClient, path: str):
    """Otherwise a site whose name is rebound to this machine reads the whole history."""
    headers = {"Host": f"attacker.example:{client.base_url.port}"}
    answer = await client.get(path, headers=headers)
    problem = Problem.model_validate_json(answer.content)
    assert (answer.status_code, problem.type) == (421, ProblemType.UNKNOWN_HOST.uri)
    assert problem.request_id == answer.headers["X-Request-ID"]
    own = {"Host": "speech.example"}
    assert (await client.get(path, headers=own)).status_code == (404 if path == "/none" else 200)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
@pytest.mark.parametrize("media_type", ["multipart/form-data; boundary=x", "text/plain", FORM])
@pytest.mark.parametrize(
    "origin",
    [{"Origin": "https://attacker.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
async def test_page_of_another_origin_cannot_change_anything(
    client: httpx.AsyncClient, method: str, media_type: str, origin: dict[str, str]
):
    """Browsers send such forms without asking the service first."""
    headers = {"Content-Type": media_type, **origin}
    answer = await client.request(method, "/thing", content=b"--x--", headers=headers)
    problem = Problem.model_validate_json(answer.content)
    assert (answer.status_code, problem.type) == (403, ProblemType.CROSS_ORIGIN.uri)


async def test_links_from_other_pages_still_work(client: httpx.AsyncClient):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (await client.get("/thing", headers=headers)).status_code == 200
