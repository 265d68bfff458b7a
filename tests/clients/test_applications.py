"""If these fail, applications that cannot be installed as a library do not work with the service.

Each test sends the request that the application's source sends, byte for byte where its form is
unusual, and reads the response as the application does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

import httpx
import openai
import pytest

from clients.conftest import LARGEST_WER
from spoken_words import wer
from testbed.speech import Sentence

pytestmark = pytest.mark.slow

BOUNDARY = "5b0bbd5e-8b8a-4a4b-9d5c-0d8c2a6d3c7f"


def part(disposition: str, content: bytes, media_type: str | None = None) -> bytes:
    """Return a part of a form; `disposition` follows `form-data;`."""
    headers = f"Content-Disposition: form-data; {disposition}\r\n"
    if media_type is not None:
        headers = f"Content-Type: {media_type}\r\n{headers}"
    return f"--{BOUNDARY}\r\n{headers}\r\n".encode() + content + b"\r\n"


def in_pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a form in small pieces, so that httpx sends it without a Content-Length."""
    whole = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    for start in range(0, len(whole), 4096):
        yield whole[start : start + 4096]


def post(
    base_url: str,
    parts: Iterable[bytes],
    boundary: str = BOUNDARY,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    return httpx.post(
        f"{base_url}/audio/transcriptions",
        content=in_pieces(parts),
        headers={
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Authorization": "Bearer any",
            **(headers or {}),
        },
        timeout=120,
    )


def test_open_webui(base_url: str, sentence: Sentence) -> None:
    """It streams the file behind the fields, and repeats a refused request without a language.

    Source: `_transcribe_openai` in open_webui/routers/audio/__init__.py of open-webui 0.12.4.
    """
    name = "0f5c2d8a-5c0e-4d5a-9a55-7b1f2a4c6d3e.wav"
    answer = post(
        base_url,
        [
            part('name="model"', b"whisper-1", "text/plain; charset=utf-8"),
            part('name="language"', b"ru", "text/plain; charset=utf-8"),
            part(
                f'name="file"; filename="{name}"', sentence.path.read_bytes(),
                "application/octet-stream",
            ),
        ],
        headers={"X-OpenWebUI-User-Name": "any"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert wer(sentence.text, answer.json()["text"]) <= LARGEST_WER


def test_open_webui_shows_the_reason_of_an_error(base_url: str) -> None:
    refused = post(
        base_url, [part('name="model"', b"none"), part('name="file"; filename="a"', b"")]
    )
    assert refused.status_code == 404
    assert "none" in refused.json()["error"]["message"]


def test_librechat(base_url: str, sentence: Sentence) -> None:
    """It names every recording of a browser `audio.webm` and adds no length.

    Source: `STTService` in api/server/services/Files/Audio/STTService.js of LibreChat, commit
    aedebe8a6c9edaa32cced2e8d85436a7ff0c4d4b; later versions add the language.
    """
    file = part('name="file"; filename="audio.webm"', sentence.path.read_bytes(), "video/webm")
    fields = [part('name="model"', b"whisper-1"), part('name="language"', b"ru")]
    answer = post(base_url, [file, *fields])
    assert answer.status_code == 200
    assert wer(sentence.text, answer.json()["text"].strip()) <= LARGEST_WER


def test_subtitle_edit(base_url: str, sentence: Sentence) -> None:
    """.NET quotes the boundary and no names; segments are read from `transcript.text.done`.

    Source: `OpenAiSttService.cs` in src/ui/Features/Video/SpeechToText/OpenAiCompatible of
    subtitleedit, commit 0e43f28af99404eacee84b48679f993fcfa036a3.
    """
    fields = [
        ("model", "whisper-1"),
        ("language", "ru"),
        ("response_format", "json"),
        ("timestamp_granularities[]", "segment"),
        ("timestamp_granularities[]", "word"),
        ("stream", "true"),
    ]
    file = part(
        "name=file; filename=a.wav; filename*=utf-8''a.wav",
        sentence.path.read_bytes(),
        "audio/wav",
    )
    text_parts = [
        part(f'name="{name}"' if "[" in name else f"name={name}", value.encode(),
             "text/plain; charset=utf-8")
        for name, value in fields
    ]  # fmt: skip
    answer = post(base_url, [file, *text_parts], boundary=f'"{BOUNDARY}"')
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    events = [dict(line.split(": ", 1) for line in each.splitlines() if ": " in line)
              for each in answer.text.replace("\r\n", "\n").split("\n\n")]  # fmt: skip
    deltas = [json.loads(one["data"]) for one in events
              if one.get("event") == "transcript.text.delta"]  # fmt: skip
    (done,) = [json.loads(one["data"]) for one in events
               if one.get("event") == "transcript.text.done"]  # fmt: skip
    assert "".join(one["delta"] for one in deltas) == done["text"]
    assert wer(sentence.text, "".join(one["text"] for one in done["segments"])) <= LARGEST_WER
    assert all(0 <= one["start"] < one["end"] for one in done["segments"])


def test_home_assistant(base_url: str, sentence: Sentence) -> None:
    """Its OpenAI integration sends a prompt and the language without its region.

    Source: homeassistant/components/openai_conversation/stt.py of Home Assistant, commit
    0c3b5f1f135ab20202b81bd12348187937301789.
    """
    client = openai.OpenAI(base_url=base_url, api_key="any", max_retries=0)
    found = client.audio.transcriptions.create(
        model="gpt-4o-mini-transcribe",
        file=("a.wav", sentence.path.read_bytes()),
        response_format="json",
        language="ru",
        prompt="The following conversation is a smart home user talking to Home Assistant.",
    )
    assert wer(sentence.text, found.text) <= LARGEST_WER
