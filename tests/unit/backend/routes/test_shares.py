"""Sharing a transcript by a link: if these fail, strangers read what nobody showed them."""

from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from backend.api_keys import ApiKeys
from backend.app import create_app
from backend.settings import BackendSettings
from backend.storage.database import Stores
from contracts.notes import NewNote
from unit.backend.routes.conftest import NOBODY
from unit.backend.storage.database.recorded import NOON
from unit.backend.storage.database.test_speakers import conversation

pytestmark = pytest.mark.whole_app

KEY = "the-key-of-the-owner"
OWNER = {"Authorization": f"Bearer {KEY}"}
URL = "/v1/transcriptions"


@pytest.fixture(params=[True])
def app(tmp_path: Path, request: pytest.FixtureRequest) -> FastAPI:
    settings = BackendSettings(
        _env_file=None,
        data_dir=tmp_path / "data",
        llm_url=NOBODY,
        api_keys=KEY,
        share_links=request.param,
    )
    return create_app(settings)


async def _conversation(stores: Stores) -> str:
    return await conversation(stores, owner=ApiKeys([KEY]).owner_of(KEY))


async def test_a_link_shows_its_transcript_without_a_key_until_it_is_revoked(
    client: httpx.AsyncClient, stores: Stores, tmp_path: Path
) -> None:
    job_id = await _conversation(stores)
    url = f"{URL}/{job_id}/shares"
    assert (await client.post(url, json={})).status_code == 401
    made = await client.post(url, json={"expires_in_days": 1}, headers=OWNER)
    assert made.status_code == 201
    token = made.json()["token"]
    assert len(token) >= 43

    shared = await client.get(f"/v1/shared/{token}")
    assert shared.status_code == 200
    assert shared.headers["Cache-Control"] == "no-store"
    assert [each["text"] for each in shared.json()["segments"]] == [f"слово {n}" for n in range(4)]
    assert set(shared.json()) == {
        "name", "language", "duration_s", "has_audio", "expires_at", "speakers", "segments"
    }  # fmt: skip
    assert (await client.get(f"{URL}/{job_id}")).status_code == 401, "the link is no key"

    data = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("*.db*"))
    assert token.encode() not in data, "a copy of the database would open the link"

    links = (await client.get(url, headers=OWNER)).json()["items"]
    assert [each["id"] for each in links] == [made.json()["id"]]
    assert "token" not in links[0]
    assert (await client.delete(f"{url}/{links[0]['id']}", headers=OWNER)).status_code == 204
    assert (await client.get(f"/v1/shared/{token}")).status_code == 404
    assert (await client.get(f"/v1/shared/{token}/audio")).status_code == 404


@pytest.mark.parametrize(
    "body", [{"expires_in_days": 0}, {"expires_in_days": 366}, {"for_ever": True}, []], ids=str
)
async def test_a_wrong_term_is_refused(
    client: httpx.AsyncClient, stores: Stores, body: object
) -> None:
    url = f"{URL}/{await _conversation(stores)}/shares"
    assert (await client.post(url, json=body, headers=OWNER)).status_code == 422


async def test_a_link_shows_no_suggestion_of_a_remembered_voice(
    client: httpx.AsyncClient, stores: Stores
) -> None:
    """Else strangers learn whose voice somebody's is like, from biometric data."""
    job_id, owner = await _conversation(stores), ApiKeys([KEY]).owner_of(KEY)
    vector = np.ones(4, np.float32)
    voice = await stores.voices.put(owner, "Мария", vector, speech_s=9.0, created_at=NOON)
    await stores.voices.suggest(job_id, {"S1": (voice.id, 0.9)})
    assert "Мария" in (await client.get(f"{URL}/{job_id}", headers=OWNER)).text
    made = await client.post(f"{URL}/{job_id}/shares", json={}, headers=OWNER)
    shared = await client.get(f"/v1/shared/{made.json()['token']}")
    assert len(shared.json()["speakers"]) == 3
    assert "Мария" not in shared.text


async def test_a_link_shows_no_notes(client: httpx.AsyncClient, stores: Stores) -> None:
    """They are the owner's own, and may be about the readers."""
    job_id, owner = await _conversation(stores), ApiKeys([KEY]).owner_of(KEY)
    await stores.notes.add(job_id, owner, NewNote(time=1, text="между нами"))
    made = await client.post(f"{URL}/{job_id}/shares", json={}, headers=OWNER)
    shared = await client.get(f"/v1/shared/{made.json()['token']}")
    assert shared.is_success
    assert "между нами" not in shared.text


async def test_an_unknown_link_is_not_revoked(client: httpx.AsyncClient, stores: Stores) -> None:
    url = f"{URL}/{await _conversation(stores)}/shares"
    for link, status in {"1": 404, "x": 422, str(2**63): 422}.items():
        assert (await client.delete(f"{url}/{link}", headers=OWNER)).status_code == status


async def test_a_made_up_link_shows_nothing(client: httpx.AsyncClient) -> None:
    for token in ("x", "%00", "A" * 43, "ё" * 20):
        assert (await client.get(f"/v1/shared/{token}")).status_code == 404
    assert (await client.get(f"/v1/shared/{'A' * 129}")).status_code == 422


@pytest.mark.parametrize("app", [False], indirect=True)
async def test_nothing_is_shared_unless_it_is_allowed(
    client: httpx.AsyncClient, stores: Stores
) -> None:
    job_id = await _conversation(stores)
    made = await client.post(f"{URL}/{job_id}/shares", json={}, headers=OWNER)
    assert made.status_code == 404
    assert (await client.get(f"/v1/shared/{'A' * 43}")).status_code == 404
