"""Folders over HTTP: if these fail, a folder cannot be managed, or a wrong request gives a 500."""

import httpx
import pytest

pytestmark = pytest.mark.whole_app

JOBS = "/v1/transcriptions"


async def _job(client: httpx.AsyncClient, silence: bytes) -> str:
    answer = await client.post(JOBS, files={"file": ("a.wav", silence)}, data={"force": "true"})
    return answer.json()["id"]


async def test_a_job_is_moved_and_its_folder_renamed_and_deleted(
    client: httpx.AsyncClient, silence: bytes
) -> None:
    job_id = await _job(client, silence)
    moved = await client.patch(f"{JOBS}/{job_id}", json={"folder": " Дела \n2026 "})
    assert moved.json()["folder"] == "Дела 2026"
    listed = await client.get("/v1/folders")
    assert listed.json() == {"items": [{"folder": "Дела 2026", "n_jobs": 1}]}

    folder = {"folder": "Дела 2026"}
    renamed = await client.patch("/v1/folders", params=folder, json={"name": "Суд / 1"})
    assert renamed.json() == {"items": [{"folder": "Суд / 1", "n_jobs": 1}]}
    page = await client.get(JOBS, params={"folder": "Суд / 1"})
    assert [job["id"] for job in page.json()["items"]] == [job_id]

    assert (await client.delete("/v1/folders", params=folder)).status_code == 404
    deleted = await client.delete("/v1/folders", params={"folder": "Суд / 1"})
    assert deleted.status_code == 204
    assert (await client.get(f"{JOBS}/{job_id}")).json()["folder"] is None
    assert (await client.get("/v1/folders")).json() == {"items": []}


async def test_a_wrong_name_is_refused(client: httpx.AsyncClient, silence: bytes) -> None:
    job_id = await _job(client, silence)
    for answer in (
        client.patch(f"{JOBS}/{job_id}", json={"folder": "а" * 101}),
        client.get(JOBS, params={"folder": "а" * 101}),
        client.patch("/v1/folders", params={"folder": "а"}, json={"name": " "}),
        client.patch("/v1/folders", params={"folder": ""}, json={"name": "б"}),
        client.patch("/v1/folders", json={"name": "б"}),
        client.delete("/v1/folders", params={"folder": "а" * 101}),
    ):
        assert (await answer).status_code == 422
