"""Keys, and what is each key's own; with the real routes, database and OpenAI's client."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from openai import AsyncOpenAI, AuthenticationError

from backend import api_keys
from backend.app import create_app
from backend.settings import BackendSettings
from servicekit.logs import configure_logging
from unit.backend.routes.test_uploads import VERSION, begin, patch

pytestmark = pytest.mark.whole_app

ONE, TWO = "first-0123456789", "second-0123456789"
URL = "/v1/transcriptions"


def key(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    settings = BackendSettings(
        _env_file=None,
        data_dir=tmp_path / "data",
        llm_url="http://127.0.0.1:9",
        min_free_disk_bytes=0,
        api_keys=f"{ONE}, {TWO}",
    )
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://backend") as client,
    ):
        yield client


async def all_operations(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    paths = (await client.get("/openapi.json")).json()["paths"]
    return [
        (method, path.replace("{job_id}", "x").replace("{upload_id}", "x").replace("{index}", "0"))
        for path, operations in paths.items()
        for method in operations
    ]


async def test_nothing_but_health_and_docs_answers_without_a_key(client, monkeypatch):
    """Else a new route could be forgotten."""
    monkeypatch.setattr(api_keys, "MAX_WRONG_KEYS", 1000)
    is_open = set()
    for method, path in await all_operations(client):
        for headers in ({}, key("wrong"), {"Authorization": f"Basic {ONE}"}):
            answer = await client.request(method, path, headers=headers)
            if answer.status_code != 401:
                is_open.add(path)
            else:
                assert answer.headers["www-authenticate"].startswith("Bearer ")
    # The token of a shared transcript is its key.
    shared = {"/v1/shared/{token}", "/v1/shared/{token}/audio"}
    assert is_open == {"/health/live", "/health/ready", *shared}
    assert (await client.get("/docs")).status_code == 200


async def test_what_is_missing_or_wrong_is_told_as_a_problem(client):
    missing = await client.get(URL)
    wrong = await client.get(URL, headers=key("wrong"))
    assert missing.json()["type"] == wrong.json()["type"] == "/problems/unauthorized"
    assert missing.headers["content-type"] == "application/problem+json"
    assert "error" not in missing.headers["www-authenticate"]
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]


async def test_too_many_wrong_keys_are_told_to_wait(client):
    for _ in range(api_keys.MAX_WRONG_KEYS):
        assert (await client.get(URL, headers=key("wrong"))).status_code == 401
    refused = await client.get(URL, headers=key("wrong"))
    assert refused.json()["type"] == "/problems/too-many-wrong-keys"
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "6")
    openai = await client.post("/v1/audio/transcriptions", headers=key("wrong"))
    assert (openai.status_code, openai.json()["error"]["code"]) == (429, "rate_limit_exceeded")


async def test_each_key_has_a_history_and_uploads_of_its_own(client, silence):
    one, two = key(ONE), key(TWO)
    job = (await client.post(URL, files={"file": ("a.wav", silence)}, headers=one)).json()
    same = (await client.post(URL, files={"file": ("a.wav", silence)}, headers=two)).json()
    assert same["id"] != job["id"]
    for path in ("", "/events", "/audio", "/export?format=txt"):
        assert (await client.get(f"{URL}/{job['id']}{path}", headers=two)).status_code == 404
    assert (await client.post(f"{URL}/{job['id']}/cancel", headers=two)).status_code == 404
    assert (await client.delete(f"{URL}/{job['id']}", headers=two)).status_code == 404
    listed = (await client.get(URL, headers=one)).json()["items"]
    assert [item["id"] for item in listed] == [job["id"]]

    upload = (await begin(client, len(silence), **one)).headers["location"]
    assert (await client.head(upload, headers=VERSION | two)).status_code == 404
    assert (await patch(client, upload, 0, silence, **two)).status_code == 404
    assert (await patch(client, upload, 0, silence, **one)).status_code == 204
    for path in ("recording", "excerpt?start_s=0&duration_s=1"):
        assert (await client.get(f"{upload}/{path}", headers=two)).status_code == 404
        assert (await client.get(f"{upload}/{path}", headers=one)).status_code == 200
    sent = {"upload_id": upload.rpartition("/")[2]}
    assert (await client.post(URL, json=sent, headers=two)).status_code == 404
    assert (await client.post(URL, json=sent, headers=one)).status_code == 202


async def test_statistics_tell_nothing_of_other_keys(client, silence):
    """Otherwise each client sees when and how much the others transcribe."""

    async def seen_by(one: str) -> dict:
        """Without what the machine's other work and its speed change."""
        seen = (await client.get("/v1/statistics", headers=key(one))).json()
        assert seen["disk"].pop("free_bytes") % 2**30 == 0
        return {name: value for name, value in seen.items() if name not in ("rtf", "speed")}

    before = await seen_by(TWO)
    for _ in range(3):
        await client.post(URL, files={"file": ("a.wav", silence)}, headers=key(ONE))
        await begin(client, 1000, **key(ONE))
        assert await seen_by(TWO) == before
    assert (before["n_queued"], before["n_running"], before["data_dir"]) == (0, 0, "")
    own = (await seen_by(ONE))["disk"]
    assert own["recordings_bytes"] == before["disk"]["recordings_bytes"] + 3 * len(silence)
    assert own["database_bytes"] % 2**30 == own["work_bytes"] % 2**30 == 0


async def test_openais_client_is_told_in_its_own_words(client):
    """Else its users would see a status instead of the reason."""
    file = ("a.wav", b"RIFF")
    openai = AsyncOpenAI(
        base_url="http://backend/v1", api_key="wrong", http_client=client, max_retries=0
    )
    with pytest.raises(AuthenticationError) as refused:
        await openai.audio.transcriptions.create(model="whisper-1", file=file)
    assert refused.value.code == "invalid_api_key"
    assert refused.value.response.headers["www-authenticate"].startswith("Bearer ")
    with pytest.raises(Exception, match="not ready"):  # the key was taken
        await openai.with_options(api_key=TWO).audio.transcriptions.create(
            model="whisper-1", file=file
        )


async def test_no_key_is_ever_logged_or_stored(client, silence, tmp_path, capfd):
    configure_logging("DEBUG", "backend")
    try:
        await client.post(URL, files={"file": ("a.wav", silence)}, headers=key(ONE))
        await client.get(URL, headers=key("wrong-0123456789"))
    finally:
        logging.getLogger().handlers.clear()
    logged = capfd.readouterr().err
    stored = b"".join(p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file())
    assert "request_finished" in logged
    for secret in (ONE, TWO, "wrong-0123456789"):
        assert secret not in logged
        assert secret.encode() not in stored


@pytest.mark.parametrize(
    ("settings", "one", "metrics"),
    [({}, 403, 401), ({"metrics_api_key": "metrics-0123456789"}, 401, 200)],
)
async def test_metrics_of_several_keys_need_a_key_of_their_own(
    tmp_path: Path, settings: dict[str, str], one: int, metrics: int
):
    """Otherwise each key reads how much the others work."""
    app = create_app(
        BackendSettings(
            _env_file=None,
            data_dir=tmp_path / "data",
            llm_url="http://127.0.0.1:9",
            api_keys=f"{ONE}, {TWO}",
            **settings,
        )
    )
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://backend") as client,
    ):
        own = key("metrics-0123456789")
        assert (await client.get("/metrics", headers=key(ONE))).status_code == one
        assert (await client.get("/metrics", headers=own)).status_code == metrics
        assert (await client.get(URL, headers=own)).status_code == 401
        assert (await client.get("/metrics")).status_code == 401
