"""The audit trail over HTTP: if these fail, an action is missing, or somebody reads too much."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from backend.accounts import Accounts
from backend.api_keys import ApiKeys
from backend.app import create_app
from backend.settings import BackendSettings
from backend.storage.database import Stores
from contracts.accounts import KeyRequest, Role
from unit.backend.routes.conftest import NOBODY
from unit.backend.storage.database.test_speakers import conversation

pytestmark = pytest.mark.whole_app

URL, AUDIT = "/v1/transcriptions", "/v1/audit"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(
        BackendSettings(
            _env_file=None,
            data_dir=tmp_path / "data",
            llm_url=NOBODY,
            min_free_disk_bytes=0,
            share_links=True,
            api_keys="configured-0123456789",
        )
    )


def sent(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
async def admin(stores: Stores) -> dict[str, str]:
    request = KeyRequest(name="olga", role=Role.ADMIN)
    return sent((await Accounts(ApiKeys([]), stores.keys).create(request)).key)


async def test_each_action_is_written_down_without_texts_and_names(
    client: httpx.AsyncClient, stores: Stores, admin: dict[str, str], silence: bytes
) -> None:
    made = (await client.post("/v1/keys", json={"name": "anna"}, headers=admin)).json()
    anna = sent(made["key"])
    owner = await stores.keys.owner(made["id"])
    job_id = await conversation(stores, owner=owner)
    file = {"file": ("Тайна.wav", silence)}
    heard = (await client.post(URL, files=file, headers=anna)).json()["id"]
    await client.get(f"{URL}/{job_id}", headers=anna)
    await client.get(f"{URL}/{heard}/audio", headers=anna)
    await client.get(f"{URL}/{job_id}/export?format=txt", headers=anna)
    body = {"ids": [job_id], "format": "srt"}
    await client.post(f"{URL}/export", json=body, headers=anna)
    link = (await client.post(f"{URL}/{job_id}/shares", json={}, headers=anna)).json()
    await client.get(f"/v1/shared/{link['token']}")
    await client.delete(f"{URL}/{job_id}/shares/{link['id']}", headers=anna)
    await client.delete(f"{URL}/{job_id}", headers=anna)
    await client.delete(f"/v1/keys/{made['id']}", headers=admin)

    answer = await client.get(AUDIT, headers=admin)
    assert [(e["actor"], e["action"], e["target"]) for e in answer.json()["items"]][::-1] == [
        ("olga", "key_created", str(made["id"])),
        ("anna", "opened", job_id),
        ("anna", "played", heard),
        ("anna", "exported", job_id),
        ("anna", "exported", job_id),
        ("anna", "shared", job_id),
        ("(link)", "opened", job_id),
        ("anna", "unshared", job_id),
        ("anna", "deleted", job_id),
        ("olga", "key_revoked", str(made["id"])),
    ]
    for private in ("Тайна", "слово", link["token"], made["key"]):
        assert private not in answer.text


async def test_what_was_refused_is_not_written_down_as_done(
    client: httpx.AsyncClient, stores: Stores, admin: dict[str, str]
) -> None:
    job_id = await conversation(stores, owner="somebody")
    for method, path in (
        ("GET", ""),
        ("GET", "/audio"),
        ("GET", "/events"),
        ("GET", "/notes"),
        ("GET", "/report"),
        ("GET", "/export?format=txt"),
        ("POST", "/shares"),
        ("DELETE", ""),
    ):
        answer = await client.request(method, f"{URL}/{job_id}{path}", json={}, headers=admin)
        assert answer.status_code == 404
    assert (await client.get(AUDIT, headers=admin)).json() == {"items": [], "next_cursor": None}


async def test_only_an_admin_reads_the_trail(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    for headers, status in ((sent("configured-0123456789"), 403), ({}, 401), (admin, 200)):
        assert (await client.get(AUDIT, headers=headers)).status_code == status


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "cursor=x", f"cursor={10**18}", "action=read"]
)
async def test_a_wrong_page_is_refused(
    client: httpx.AsyncClient, admin: dict[str, str], query: str
) -> None:
    assert (await client.get(f"{AUDIT}?{query}", headers=admin)).status_code == 422


async def test_the_trail_is_read_page_by_page(
    client: httpx.AsyncClient, admin: dict[str, str]
) -> None:
    for name in ("a", "b", "c"):
        await client.post("/v1/keys", json={"name": name}, headers=admin)
    first = (await client.get(f"{AUDIT}?limit=2", headers=admin)).json()
    rest = await client.get(f"{AUDIT}?limit=2&cursor={first['next_cursor']}", headers=admin)
    assert len(first["items"]) == 2
    assert len(rest.json()["items"]) == 1
    assert rest.json()["next_cursor"] is None
