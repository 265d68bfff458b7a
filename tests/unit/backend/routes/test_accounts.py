"""Keys over HTTP: if these fail, somebody manages keys, or reads more, than the role allows."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from backend.accounts import Accounts
from backend.api_keys import ApiKeys
from backend.app import create_app
from backend.settings import BackendSettings
from backend.storage.database import Stores
from contracts.accounts import KeyRequest, NewApiKey, Role
from servicekit.logs import configure_logging
from unit.backend.routes.conftest import NOBODY
from unit.backend.routes.test_uploads import begin

pytestmark = pytest.mark.whole_app

CONFIGURED = "configured-0123456789"
KEYS, URL = "/v1/keys", "/v1/transcriptions"


def sent(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(params=[{"api_keys": CONFIGURED}])
def app(tmp_path: Path, request: pytest.FixtureRequest) -> FastAPI:
    return create_app(
        BackendSettings(
            _env_file=None,
            data_dir=tmp_path / "data",
            llm_url=NOBODY,
            min_free_disk_bytes=0,
            **request.param,
        )
    )


async def made(stores: Stores, name: str, role: Role = Role.USER) -> NewApiKey:
    """Make a key in the database, as `make key` does."""
    return await Accounts(ApiKeys([]), stores.keys).create(KeyRequest(name=name, role=role))


@pytest.fixture
async def admin(stores: Stores) -> dict[str, str]:
    return sent((await made(stores, "admin", Role.ADMIN)).key)


async def test_a_key_works_from_its_making_to_its_revocation(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    created = await client.post(KEYS, json={"name": "Анна"}, headers=admin)
    assert created.status_code == 201
    anna = sent(created.json()["key"])
    assert (await client.get(URL, headers=anna)).status_code == 200
    told = (await client.get("/v1/account", headers=anna)).json()
    assert (told["name"], told["role"]) == ("Анна", "user")
    again = await client.post(KEYS, json={"name": "Анна"}, headers=admin)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/wrong-state")

    address = f"{KEYS}/{created.json()['id']}"
    assert (await client.delete(address, headers=admin)).status_code == 204
    assert (await client.get(URL, headers=anna)).status_code == 401
    assert (await client.delete(address, headers=admin)).status_code == 404
    listed = (await client.get(KEYS, headers=admin)).json()["items"]
    assert [(key["name"], key["revoked_at"] is None) for key in listed] == [
        ("Анна", False),
        ("admin", True),
    ]
    assert all("key" not in key for key in listed)


async def test_only_an_admin_manages_keys(client: httpx.AsyncClient, stores: Stores) -> None:
    """Otherwise a user makes an admin of himself, or shuts out the others."""
    user = sent((await made(stores, "user")).key)
    for headers, status in ((user, 403), (sent(CONFIGURED), 403), ({}, 401)):
        for call in (
            client.get(KEYS, headers=headers),
            client.post(KEYS, json={"name": "x", "role": "admin"}, headers=headers),
            client.delete(f"{KEYS}/1", headers=headers),
        ):
            assert (await call).status_code == status
    assert len(await stores.keys.list(datetime.now(UTC))) == 1


@pytest.mark.parametrize("app", [{}], indirect=True)
async def test_nobody_makes_the_first_key_over_http(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Otherwise any program on the machine locks out the owner and stays an admin."""
    answer = await client.post(KEYS, json={"name": "x", "role": "admin"})
    assert answer.status_code == 403


async def test_neither_role_sees_what_belongs_to_another_key(
    client: httpx.AsyncClient, admin: dict[str, str], stores: Stores, silence: bytes
) -> None:
    one, two = sent((await made(stores, "one")).key), sent((await made(stores, "two")).key)
    job = (await client.post(URL, files={"file": ("a.wav", silence)}, headers=one)).json()
    for other in (two, admin, sent(CONFIGURED)):
        for path in ("", "/events", "/audio", "/export?format=txt", "/report", "/waveform"):
            answer = await client.get(f"{URL}/{job['id']}{path}", headers=other)
            assert answer.status_code == 404
        assert (await client.delete(f"{URL}/{job['id']}", headers=other)).status_code == 404
        assert (await client.get(URL, headers=other)).json()["items"] == []
        seen = (await client.get("/v1/statistics", headers=other)).json()
        assert (seen["n_queued"], seen["disk"]["recordings_bytes"]) == (0, 0)
    assert (await client.get(f"{URL}/{job['id']}", headers=one)).status_code == 200


@pytest.mark.parametrize("app", [{}], indirect=True)
async def test_metrics_are_closed_once_there_are_keys(
    app: FastAPI, client: httpx.AsyncClient, stores: Stores
) -> None:
    """Otherwise anybody reads how much the others work."""
    assert (await client.get("/metrics")).status_code == 200
    user = sent((await made(stores, "user")).key)
    admin = sent((await made(stores, "admin", Role.ADMIN)).key)
    await app.state.services.accounts.refresh()
    statuses = [
        (await client.get("/metrics", headers=headers)).status_code for headers in ({}, user, admin)
    ]
    assert statuses == [401, 403, 200]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": " "},
        {"name": "x" * 101},
        {"name": "a\0b"},
        {"name": "x", "role": "root"},
        {"name": "x", "a": 1},
        {"name": "x", "audio_hours_per_day": -1},
        {"name": "x", "max_kept_bytes": 2**61},
    ],
    ids=str,
)
async def test_a_wrong_request_for_a_key_is_refused(
    client: httpx.AsyncClient, admin: dict[str, str], body: dict[str, object]
) -> None:
    assert (await client.post(KEYS, json=body, headers=admin)).status_code == 422
    for key_id in ("x", "-1", str(2**63)):
        assert (await client.delete(f"{KEYS}/{key_id}", headers=admin)).status_code == 422


async def test_no_new_key_is_logged_or_stored(
    client: httpx.AsyncClient,
    admin: dict[str, str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    configure_logging("DEBUG", "backend")
    try:
        key = (await client.post(KEYS, json={"name": "Анна"}, headers=admin)).json()["key"]
        await client.get(URL, headers=sent(key))
        await client.get(URL, headers=sent(key[:-1] + "!"))
    finally:
        logging.getLogger().handlers.clear()
    logged = capfd.readouterr().err
    stored = b"".join(p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file())
    secret = key.split("_", 2)[2]
    assert "request_finished" in logged
    assert secret[:-1] not in logged
    assert "Анна" not in logged
    assert secret[:-1].encode() not in stored


async def test_a_full_quota_is_refused_with_its_limit_and_its_end(
    client: httpx.AsyncClient, admin: dict[str, str], silence: bytes
) -> None:
    """Otherwise its user does not know what to do, or a client tries again at once."""
    quota = {"audio_hours_per_day": 1.5 / 3600}
    key = (await client.post(KEYS, json={"name": "Анна", **quota}, headers=admin)).json()["key"]
    file = {"file": ("a.wav", silence)}
    assert (await client.post(URL, files=file, headers=sent(key))).status_code == 202
    refused = await client.post(URL, files=file, headers=sent(key))
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/audio-quota")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    told = (await client.get("/v1/account", headers=sent(key))).json()
    assert told["usage"]["audio_s_today"] == 1
    assert told["audio_hours_per_day"] == quota["audio_hours_per_day"]
    listed = (await client.get(KEYS, headers=admin)).json()["items"]
    assert listed[0]["usage"] == told["usage"]
    assert (await client.post(URL, files=file, headers=admin)).status_code == 202


async def test_a_full_store_refuses_uploads_before_they_are_sent(
    client: httpx.AsyncClient, admin: dict[str, str], silence: bytes
) -> None:
    body = {"name": "Анна", "max_kept_bytes": len(silence)}
    key = (await client.post(KEYS, json=body, headers=admin)).json()["key"]
    file = {"file": ("a.wav", silence)}
    job = (await client.post(URL, files=file, headers=sent(key))).json()
    for refused in (
        await client.post(URL, files=file, headers=sent(key)),
        await begin(client, 1, **sent(key)),
    ):
        assert (refused.status_code, refused.json()["type"]) == (413, "/problems/storage-quota")
    openai = await client.post("/v1/audio/transcriptions", files=file, headers=sent(key))
    assert openai.status_code == 503, "without a model the quota is not asked for"
    assert (await client.delete(f"{URL}/{job['id']}", headers=sent(key))).status_code == 204
    assert (await begin(client, 1, **sent(key))).status_code == 201
