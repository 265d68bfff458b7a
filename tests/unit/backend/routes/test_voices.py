"""Remembering voices by HTTP: what cannot be remembered, and whose voices they are."""

from datetime import UTC, datetime

import numpy as np
import pytest

from backend.storage.database import Stores
from contracts.jobs import JobStatus
from contracts.voices import MIN_VOICE_SPEECH_S
from unit.backend.storage.database.recorded import NOON, OWNER, chunk_result, running, segment
from unit.backend.storage.database.test_speakers import conversation

pytestmark = pytest.mark.whole_app

JOBS = "/v1/transcriptions"


async def remembered(stores: Stores, name: str, owner: str = OWNER) -> str:
    vector = np.ones(4, np.float32)
    voice = await stores.voices.put(owner, name, vector, speech_s=9, created_at=datetime.now(UTC))
    return voice.id


async def test_voices_are_listed_renamed_and_forgotten(client, stores: Stores) -> None:
    voice_id = await remembered(stores, "Анна")
    await remembered(stores, "Чужая", owner="other")
    (listed,) = (await client.get("/v1/voices")).json()["items"]
    assert set(listed) == {"id", "name", "created_at", "speech_s"}  # and no voice print
    renamed = await client.patch(f"/v1/voices/{voice_id}", json={"name": " Мария  П. "})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Мария П.")
    assert (await client.delete(f"/v1/voices/{voice_id}")).status_code == 204
    assert (await client.get("/v1/voices")).json() == {"items": []}


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"name": " "}, 422), ({"name": "а" * 101}, 422), ({"name": "Б", "print": 1}, 422)],
)
async def test_a_voice_keeps_its_name_if_the_new_one_is_invalid(
    client, stores: Stores, body: dict, status: int
) -> None:
    voice_id = await remembered(stores, "Анна")
    assert (await client.patch(f"/v1/voices/{voice_id}", json=body)).status_code == status
    assert (await client.get("/v1/voices")).json()["items"][0]["name"] == "Анна"


async def test_the_voice_of_another_owner_is_not_found(client, stores: Stores) -> None:
    voice_id = await remembered(stores, "Чужая", owner="other")
    renamed = await client.patch(f"/v1/voices/{voice_id}", json={"name": "Моя"})
    assert renamed.status_code == 404
    assert (await client.delete(f"/v1/voices/{voice_id}")).status_code == 404
    assert len(await stores.voices.all("other")) == 1


async def unequal_conversation(stores: Stores) -> str:
    """Add a completed job without a recording, in which S1 says little and S2 much."""
    job_id = await running(stores, 1)
    said = [
        segment(0, "да").model_copy(update={"speaker": "S1", "end": MIN_VOICE_SPEECH_S - 1}),
        segment(1, "так вот").model_copy(update={"speaker": "S2"}),
    ]
    await stores.runs.append(job_id, 0, chunk_result(said, done=1, total=1))
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    return job_id


async def test_what_cannot_be_remembered_is_refused(client, stores: Stores) -> None:
    job_id = await unequal_conversation(stores)

    async def refusal(speaker: str, job_id: str = job_id) -> tuple[int, str]:
        answer = await client.post(f"{JOBS}/{job_id}/speakers/{speaker}/voice")
        return answer.status_code, answer.json()["type"]

    assert await refusal("S1") == (409, "/problems/wrong-state")  # it has no name
    await stores.speakers.name(job_id, OWNER, "S1", "Анна")
    await stores.speakers.name(job_id, OWNER, "S2", "Пётр")
    assert await refusal("S1") == (422, "/problems/too-little-speech")
    assert await refusal("S2") == (409, "/problems/wrong-state")  # the recording is gone
    assert await refusal("S9") == (404, "/problems/not-found")
    assert await refusal("S1", await running(stores)) == (409, "/problems/wrong-state")
    assert await refusal("S1", "unknown") == (404, "/problems/not-found")
    others = await conversation(stores, owner="other")
    assert await refusal("S1", others) == (404, "/problems/not-found")
