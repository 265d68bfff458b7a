"""If this fails, a person once named is not known again, or a stranger gets the name."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from audio_files import write_wav
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


def test_known_speakers_of_openai_s_api_are_named_by_their_voices(
    api: httpx.Client, services: Services, tmp_path: Path
) -> None:
    """Of a request only: neither a profile nor a name is stored."""

    def answer(reference: Path) -> httpx.Response:
        url = f"data:audio/wav;base64,{b64encode(reference.read_bytes()).decode()}"
        fields = {
            "model": "gpt-4o-transcribe-diarize",
            "language": "ru",
            "response_format": "diarized_json",
            "known_speaker_names[]": ["Николай"],
            "known_speaker_references[]": [url],
        }
        with path.open("rb") as file:
            return api.post("/v1/audio/transcriptions", data=fields, files={"file": file})

    talk = spoken(["man_ru", "woman_ru"], 6, seed=5)
    path = talk.write(tmp_path / "talk.wav")
    reference = spoken(["man_ru"], 1, seed=9).write(tmp_path / "nikolay.wav")
    segments = answer(reference).raise_for_status().json()["segments"]
    for segment in segments:
        middle = (segment["start"] + segment["end"]) / 2
        turn = min(talk.turns, key=lambda turn: abs(turn.start + turn.end - 2 * middle))
        assert (segment["speaker"] == "Николай") == (turn.person == "man_ru")
    assert len({segment["speaker"] for segment in segments}) == 2
    latest = api.get("/v1/transcriptions", params={"limit": 1}).json()["items"][0]
    stored = api.get(f"/v1/transcriptions/{latest['id']}").json()["result"]["speakers"]
    assert [one["name"] for one in stored] == [None, None]
    assert api.get("/v1/voices").json()["items"] == []

    silence = answer(write_wav(tmp_path / "silence.wav", [np.zeros(48_000)]))
    assert silence.status_code == 422
    assert "reference" in silence.json()["error"]["message"]


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
