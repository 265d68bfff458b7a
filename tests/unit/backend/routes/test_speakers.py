"""Naming speakers and giving segments to them, by HTTP."""

import pytest

from backend.storage.database import Stores
from unit.backend.storage.database.recorded import running
from unit.backend.storage.database.test_speakers import conversation

pytestmark = pytest.mark.whole_app

URL = "/v1/transcriptions"


async def result(client, job_id: str) -> dict:
    return (await client.get(f"{URL}/{job_id}")).json()["result"]


async def test_speakers_are_named_merged_and_separated(client, stores: Stores) -> None:
    job_id = await conversation(stores)
    url = f"{URL}/{job_id}/speakers"
    named = await client.patch(f"{url}/S1", json={"name": " Анна\u200b \n Иванова "})
    assert named.status_code == 200
    assert [(one["id"], one["name"]) for one in named.json()["items"]] == [
        ("S1", "Анна Иванова"),
        ("S2", None),
        ("S3", None),
    ]
    merged = await client.patch(f"{url}/S2", json={"name": "Анна Иванова"})
    assert merged.json()["items"] == (await result(client, job_id))["speakers"]
    assert merged.json()["items"][0]["merged"] == ["S2"]
    assert [one["speaker"] for one in (await result(client, job_id))["segments"]] == [
        "S1",
        "S1",
        "S1",
        "S3",
    ]
    assert len((await client.patch(f"{url}/S2", json={"name": ""})).json()["items"]) == 3


async def test_a_segment_is_given_to_a_speaker(client, stores: Stores) -> None:
    job_id = await conversation(stores)
    url = f"{URL}/{job_id}/segments/0"
    assert (await client.patch(url, json={"speaker": "S2"})).json()["speaker"] == "S2"
    assert (await result(client, job_id))["segments"][0]["speaker"] == "S2"
    assert (await client.patch(url, json={"speaker": None})).json()["speaker"] == "S1"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("speakers/S1", {}, 422),
        ("speakers/S1", {"name": "а" * 101}, 422),
        ("speakers/S1", {"name": 5}, 422),
        ("speakers/S1", {"name": "Анна", "voice": True}, 422),
        ("speakers/S9", {"name": "Анна"}, 404),
        ("speakers/%00", {"name": "Анна"}, 404),
        ("segments/0", {}, 422),
        ("segments/0", {"speaker": "S0"}, 422),
        ("segments/0", {"speaker": "Анна"}, 422),
        ("segments/0", {"speaker": "S1\n"}, 422),
        ("segments/9", {"speaker": "S1"}, 404),
    ],
)
async def test_what_makes_no_sense_is_refused(
    client, stores: Stores, path: str, body: dict, status: int
) -> None:
    job_id = await conversation(stores)
    before = await result(client, job_id)
    assert (await client.patch(f"{URL}/{job_id}/{path}", json=body)).status_code == status
    assert await result(client, job_id) == before


async def test_speakers_of_a_running_job_wait_for_its_end(client, stores: Stores) -> None:
    job_id = await running(stores)
    answer = await client.patch(f"{URL}/{job_id}/speakers/S1", json={"name": "Анна"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")
