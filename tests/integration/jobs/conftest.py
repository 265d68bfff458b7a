"""Fixtures for jobs: a backend in this process, an llm that answers instantly, and speech."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from integration.jobs.backend_client import running_backend
from speech_corpus import russian_sentences
from testbed.instant_llm import StandInLlm, instant_llm
from testbed.services import free_port
from testbed.speech import concatenated


@pytest.fixture(scope="module")
def speech() -> bytes:
    """Return half a minute of speech: several chunks."""
    return concatenated(russian_sentences(6), pause_s=0.5).read_bytes()


@pytest.fixture(scope="module")
def short_speech() -> bytes:
    """Return one sentence: one chunk."""
    return concatenated(russian_sentences(1), pause_s=0.5).read_bytes()


@pytest.fixture
def llm() -> Iterator[StandInLlm]:
    with instant_llm(free_port()) as llm:
        yield llm


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def client(llm: StandInLlm, data: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with running_backend(llm, data) as client:
        yield client
