"""If these fail, speech is transcribed by a model that does not know its language.

Whisper has its real weights; the other models are tiny networks with the files of real ones.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import librosa
import pytest

from contracts.audio import SAMPLE_RATE
from contracts.transcription import ChunkTranscript
from live_server import serving
from llm.app import create_app
from llm.engines.protocol import Checkpoint
from llm.settings import EMBEDDED_MODEL, LlmSettings
from speech_corpus import shared_speech
from unit.llm.onnx_models import write_gigaam_ctc, write_parakeet_tdt

pytestmark = pytest.mark.slow

RUSSIAN = "ru/asterisk/vm-msginstruct.wav"
ENGLISH = "other/en_jfk.flac"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of models, so that Whisper is exported only once."""
    return tmp_path_factory.mktemp("several")


@pytest.fixture
async def llm(embedded: Checkpoint, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a Russian model, one that does not detect its languages, and Whisper for all others."""
    russian = write_gigaam_ctc(folder / "russian")
    european = write_parakeet_tdt(folder / "european")
    settings = LlmSettings(
        _env_file=None,
        data_dir=folder,
        llm_models=f"ru={russian},{european},*={EMBEDDED_MODEL}",
        llm_embedded_dir=str(embedded.folder),
        llm_encoder_type="int8",
        llm_key_value_type="fp32",
        llm_max_rows=4,
    )
    async with (
        serving(create_app(settings)) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=120) as client,
    ):
        async with asyncio.timeout(300):
            while any(model["state"] != "ready" for model in await listed(client)):
                await asyncio.sleep(0.2)
        yield client


async def test_the_language_of_the_speech_chooses_the_model(llm: httpx.AsyncClient) -> None:
    """Whisper detects it, and Whisper transcribes what is not Russian."""
    russian = await transcribe(llm, RUSSIAN, language="auto")
    assert (russian.model.name, russian.language) == ("russian", "ru")
    assert (russian.detected_language, russian.detected_language_probability > 0.9) == ("ru", True)
    english = await transcribe(llm, ENGLISH, language="auto")
    assert (english.model.name, english.language) == (EMBEDDED_MODEL, "en")
    assert "fellow americans" in english.text.lower()


async def test_whisper_detects_the_language_for_a_model_that_does_not(
    llm: httpx.AsyncClient,
) -> None:
    for path, language in ((RUSSIAN, "ru"), (ENGLISH, "en")):
        transcript = await transcribe(llm, path, language="auto", model="european")
        assert (transcript.model.name, transcript.language) == ("european", language)
        assert transcript.detected_language == language


async def test_a_request_may_name_another_model(llm: httpx.AsyncClient) -> None:
    named = await transcribe(llm, RUSSIAN, language="ru", model=EMBEDDED_MODEL)
    assert (named.model.name, named.language) == (EMBEDDED_MODEL, "ru")
    unknown = await llm.post("/v1/transcribe?model=none", content=pcm_of(RUSSIAN))
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/unknown-model")
    known = f"{EMBEDDED_MODEL}, russian, european"
    assert unknown.json()["detail"] == f"There is no model 'none', only: {known}."


async def test_every_model_is_listed_with_its_languages(llm: httpx.AsyncClient) -> None:
    models = {model["id"]: model for model in await listed(llm)}
    assert {name: model["default_languages"] for name, model in models.items()} == {
        EMBEDDED_MODEL: ["*"],
        "russian": ["ru"],
        "european": [],
    }
    assert models["russian"]["capabilities"]["languages"] == ["ru"]
    assert models[EMBEDDED_MODEL]["size_bytes"] > 100e6


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await client.get("/v1/models")).json()["data"]


async def transcribe(client: httpx.AsyncClient, name: str, **options: str) -> ChunkTranscript:
    answer = await client.post("/v1/transcribe", params=options, content=pcm_of(name))
    assert answer.status_code == 200, answer.text
    return ChunkTranscript.model_validate_json(answer.content)


def pcm_of(name: str) -> bytes:
    samples, _ = librosa.load(shared_speech() / name, sr=SAMPLE_RATE, mono=True)
    return (samples * 32767).astype("<i2").tobytes()
