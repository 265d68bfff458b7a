"""The backend's client against the real llm app with the real embedded weights."""

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from backend.errors import LlmFailedError
from backend.llm_client import LlmClient
from backend.metrics import LlmMetrics
from backend.settings import BackendSettings
from contracts.audio import SAMPLE_RATE
from contracts.models import HealthStatus, ModelState
from contracts.options import DecodingOptions
from live_server import serving
from llm.app import create_app
from llm.settings import EMBEDDED_MODEL, LlmSettings
from speech_corpus import russian_sentences
from spoken_words import wer

pytestmark = pytest.mark.slow

DATA_DIR = Path(__file__).resolve().parents[2] / ".cache" / "llm"
"""Kept between runs, so that the weights are converted once."""


@pytest.fixture
async def client() -> AsyncIterator[LlmClient]:
    settings = LlmSettings(_env_file=None, data_dir=DATA_DIR, llm_model=EMBEDDED_MODEL)
    async with serving(create_app(settings)) as url:
        client = LlmClient(
            BackendSettings(_env_file=None, llm_url=url), LlmMetrics(CollectorRegistry())
        )
        yield client
        await client.aclose()


def pcm_of(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return file.readframes(file.getnframes())


async def test_speech_becomes_text_as_soon_as_the_model_is_up(client: LlmClient) -> None:
    sentence = russian_sentences(1)[0]
    pcm = pcm_of(sentence.path)
    # the model is still loading: the client waits for it as it would after a restart
    answer = await client.transcribe(pcm, DecodingOptions(language="ru"))
    assert wer(sentence.text, answer.text) <= 0.4
    assert answer.language == "ru"
    assert answer.model.name == EMBEDDED_MODEL
    assert answer.duration_s == pytest.approx(len(pcm) / 2 / SAMPLE_RATE)
    (model,) = [one for one in (await client.models()).data if one.state is ModelState.READY]
    assert model.id == EMBEDDED_MODEL
    assert (await client.health()).status is HealthStatus.READY


async def test_every_option_is_understood(client: LlmClient) -> None:
    options = DecodingOptions(
        language="ru",
        beam_size=2,
        temperature=0.2,
        word_timestamps=True,
        prompt="Лев & «Толстой»",
    )
    pcm = pcm_of(russian_sentences(1)[0].path)
    assert (await client.transcribe(pcm, options)).segments


@pytest.mark.parametrize("pcm", [b"", b"\x00" * 3, b"\x00\x00" * (31 * SAMPLE_RATE)])
async def test_what_the_llm_refuses_is_not_sent_again(client: LlmClient, pcm: bytes) -> None:
    async with asyncio.timeout(60):
        while (await client.health()).status is not HealthStatus.READY:
            await asyncio.sleep(0.2)
    async with asyncio.timeout(5):
        with pytest.raises(LlmFailedError):
            await client.transcribe(pcm, DecodingOptions())
