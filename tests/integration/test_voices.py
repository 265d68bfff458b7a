"""If this fails, a person once named is not known again, or a stranger gets the name."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from integration.client import transcribe
from testbed.conversations import Conversation, conversation
from testbed.debian_packages import PackagesUnavailableError
from testbed.services import Services

pytestmark = pytest.mark.slow


def spoken(people: list[str], n_turns: int, seed: int) -> Conversation:
    try:
        return conversation(people, n_turns, seed=seed)
    except PackagesUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def api(services: Services) -> Iterator[httpx.Client]:
    """Open a client, and forget all voices at the end: other tests share the services."""
    with httpx.Client(base_url=services.backend.url, trust_env=False, timeout=120) as client:
        yield client
        for voice in client.get("/v1/voices").json()["items"]:
            client.delete(f"/v1/voices/{voice['id']}").raise_for_status()


def test_a_remembered_voice_is_suggested_in_another_recording(
    api: httpx.Client, services: Services, tmp_path: Path
) -> None:
    def speakers(name: str, talk: Conversation) -> tuple[str, list[dict]]:
        path = talk.write(tmp_path / f"{name}.wav")
        job = transcribe(services.backend.url, path, diarization="voice")
        return job.id, api.get(f"/v1/transcriptions/{job.id}").json()["result"]["speakers"]

    job_id, (man,) = speakers("monologue", spoken(["man_ru"], 3, seed=0))
    assert man["suggestion"] is None
    address = f"/v1/transcriptions/{job_id}/speakers/{man['id']}"
    api.patch(address, json={"name": "Николай"}).raise_for_status()
    voice = api.post(f"{address}/voice").raise_for_status().json()
    assert (voice["name"], voice["speech_s"] >= 5) == ("Николай", True)

    talk = spoken(["man_ru", "woman_ru"], 4, seed=5)
    second_id, found = speakers("conversation", talk)
    assert len(found) == 2
    first = found.pop(0 if talk.turns[0].person == "man_ru" else 1)
    assert first["suggestion"]["voice"] == voice["id"]
    assert (first["name"], first["suggestion"]["name"]) == (None, "Николай")
    assert found[0]["suggestion"] is None
    exported = api.get(f"/v1/transcriptions/{second_id}/export", params={"format": "json"}).text
    assert "Николай" not in exported

    api.delete(f"/v1/voices/{voice['id']}").raise_for_status()
    result = api.get(f"/v1/transcriptions/{second_id}").json()["result"]
    assert [one["suggestion"] for one in result["speakers"]] == [None, None]
