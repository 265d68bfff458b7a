"""If these fail, other tus clients than the page's cannot upload recordings."""

from pathlib import Path

import httpx
import pytest

from clients.installed import run_node
from speech_corpus import russian_sentences
from testbed.services import Services

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def backend(services: Services) -> str:
    return services.backend.url


@pytest.fixture(scope="module")
def recording() -> Path:
    return russian_sentences(1)[0].path


def received(backend: str, upload_url: str) -> tuple[str, bytes]:
    """Return the name and the bytes of the recording that a job gets from an upload."""
    body = {"upload_id": upload_url.rpartition("/")[2]}
    answer = httpx.post(f"{backend}/v1/transcriptions", json=body, timeout=60)
    job = answer.raise_for_status().json()
    audio = httpx.get(f"{backend}/v1/transcriptions/{job['id']}/audio", timeout=60)
    return job["file"]["name"], audio.content


def test_tus_js_client_resumes_uploads_in_parallel_and_of_unknown_length(
    backend: str, recording: Path
) -> None:
    found = run_node("tus_js_client.mjs", f"{backend}/v1/uploads/", str(recording))
    assert found["is_resumed"]
    content = recording.read_bytes()
    for way in ("resumed", "deferred", "parallel"):
        assert received(backend, found[way]) == ("Звонок.wav", content), way


def test_uppy_uploads_in_chunks(backend: str, recording: Path) -> None:
    found = run_node("uppy.mjs", f"{backend}/v1/uploads/", str(recording))
    content = recording.read_bytes()
    assert found["sent"][-1] == len(content)
    assert len(found["sent"]) > 10
    assert received(backend, found["url"]) == ("Звонок.wav", content)
