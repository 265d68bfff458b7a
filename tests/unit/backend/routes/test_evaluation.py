"""If these fail, models are compared on the wrong texts, or on those of another owner."""

from datetime import timedelta

import pytest

from backend.storage.database import ResultKey, Stores
from contracts.jobs import SegmentCorrection
from contracts.models import ModelIdentity
from unit.backend.storage.database.recorded import KEY, NOON, OWNER, completed

pytestmark = pytest.mark.whole_app

ADDRESS = "/v1/evaluation"


async def transcribed(
    stores: Stores, *texts: str, model: str = "a", seconds: float = 6, owner: str = OWNER
) -> str:
    """Add a transcript of one and the same recording."""
    identity = ModelIdentity(name=model, revision="1", engine="torch", device="cpu")
    key = ResultKey(KEY.audio_sha256, f"options of {model}", identity)
    ended = NOON + timedelta(seconds=seconds)
    return await completed(stores, *texts, owner=owner, key=key, model=identity, finished_at=ended)


async def corrected(stores: Stores, job_id: str, *texts: str, owner: str = OWNER) -> None:
    for index, text in enumerate(texts):
        await stores.transcripts.edit_segment(job_id, owner, index, SegmentCorrection(text=text))


async def test_models_are_compared_on_a_corrected_recording(client, stores: Stores) -> None:
    await transcribed(stores, "раз два тли четыре пять", model="b", seconds=1)
    job_id = await transcribed(stores, "раз два", "тли четыле пять", model="a")
    await corrected(stores, job_id, "Раз, два.", "Три, четыре, пять.")
    found = (await client.get(ADDRESS)).json()
    (recording,) = found["recordings"]
    assert (recording["id"], recording["model"]) == (job_id, "a")
    assert (recording["n_segments"], recording["n_corrected"]) == (2, 2)
    assert recording["is_evaluated"]
    assert [(one["model"], one["wer"]["value"]) for one in found["models"]] == [
        ("b", 20.0),
        ("a", 40.0),
    ]
    first = found["models"][0]
    assert (first["n_recordings"], first["n_words"]) == (1, 5)
    assert first["wer"]["low"] <= 20.0 <= first["wer"]["high"]
    assert found["recommended"] == "b"


async def test_without_corrections_there_is_nothing_to_compare_by(client, stores: Stores) -> None:
    await transcribed(stores, "раз", model="a")
    found = (await client.get(ADDRESS)).json()
    assert found == {"recordings": [], "models": [], "recommended": None}


async def test_only_the_chosen_recordings_count(client, stores: Stores) -> None:
    first = await completed(stores, "раз")
    second = await completed(stores, "два")
    await corrected(stores, first, "Раз.")
    await corrected(stores, second, "три")
    found = (await client.get(ADDRESS, params={"id": [first]})).json()
    assert [one["is_evaluated"] for one in found["recordings"]] == [False, True]
    assert [one["wer"]["value"] for one in found["models"]] == [0.0]


async def test_of_two_corrected_transcripts_of_a_recording_the_newest_is_the_reference(
    client, stores: Stores
) -> None:
    older = await transcribed(stores, "раз два", model="a")
    newer = await transcribed(stores, "раз тли", model="b")
    await corrected(stores, older, "четыре пять")
    await corrected(stores, newer, "раз три")
    found = (await client.get(ADDRESS)).json()
    assert [one["is_evaluated"] for one in found["recordings"]] == [True, False]
    assert {one["model"]: one["wer"]["value"] for one in found["models"]} == {"a": 50.0, "b": 50.0}


async def test_transcripts_of_others_are_neither_shown_nor_compared(client, stores: Stores) -> None:
    theirs = await transcribed(stores, "раз", model="b", owner="other")
    await corrected(stores, theirs, "два", owner="other")
    mine = await transcribed(stores, "раз", model="a")
    await corrected(stores, mine, "Раз.")
    found = (await client.get(ADDRESS)).json()
    assert [one["id"] for one in found["recordings"]] == [mine]
    assert [one["model"] for one in found["models"]] == ["a"]
    answer = await client.get(ADDRESS, params={"id": theirs})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_a_text_that_was_deleted_by_its_correction_is_no_reference(
    client, stores: Stores
) -> None:
    job_id = await completed(stores, "раз")
    await corrected(stores, job_id, "")
    answer = await client.get(ADDRESS)
    assert answer.status_code == 200
    assert answer.json()["models"] == []


async def test_too_many_ids_are_refused(client) -> None:
    answer = await client.get(ADDRESS, params={"id": ["a"] * 51})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/id"
