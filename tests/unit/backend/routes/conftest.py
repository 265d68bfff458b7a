"""The backend's app with its real parts, on an empty folder, without an llm."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from audio_files import write_wav
from backend.app import create_app
from backend.settings import BackendSettings
from backend.storage.database import Database, Stores

MAX_UPLOAD_BYTES = 200_000
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """Not started: `client` does that, or a server that the test starts."""
    settings = BackendSettings(
        _env_file=None,
        data_dir=tmp_path / "data",
        llm_url=NOBODY,
        llm_retry_s=1,
        max_upload_bytes=MAX_UPLOAD_BYTES,
        min_free_disk_bytes=0,
    )
    return create_app(settings)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://backend") as client,
    ):
        yield client


@pytest.fixture
def stores(client: httpx.AsyncClient, tmp_path: Path) -> Iterator[Stores]:
    """Open the database of the running app."""
    data = tmp_path / "data"
    database = Database.open(f"sqlite:///{data / 'speech_transcription.db'}")
    yield Stores(database)
    database.close()


@pytest.fixture
def files_left(tmp_path: Path):
    """Tell what lies in the folders of received files."""
    folders = [tmp_path / "data" / name for name in ("uploads", "work", "blobs")]
    return lambda: [path for one in folders for path in one.rglob("*") if path.is_file()]


@pytest.fixture
def silence(tmp_path: Path) -> bytes:
    """A WAV file of one second in which nobody speaks: a job for it ends without the llm."""
    return write_wav(tmp_path / "silence.wav", [np.zeros(16_000, np.float32)]).read_bytes()
