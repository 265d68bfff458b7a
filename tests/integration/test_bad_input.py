"""If these fail, a bad file gets no clear error, leaves files behind, or breaks the backend."""

from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from audio_files import noise, tone, write_encoded, write_silent_video, write_wav
from contracts.jobs import JobStatus, JobWarning
from integration.client import send, transcribe
from speech_corpus import russian_sentences
from testbed.services import Services

pytestmark = pytest.mark.slow


def _received(services: Services) -> set[Path]:
    data = Path(services.backend.environment["DATA_DIR"])
    return {path for name in ("work", "uploads") for path in (data / name).iterdir()}


@pytest.fixture
def left_behind(services: Services) -> Callable[[], set[Path]]:
    """Return a function that lists the files added by the test; the page may have left others."""
    before = _received(services)
    return lambda: _received(services) - before


@pytest.fixture
def bad_files(tmp_path: Path) -> dict[str, tuple[Path, int, str]]:
    def write(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    whole = write_encoded(tmp_path / "whole.m4a", noise(5, 48_000), "aac", sample_rate=48_000)
    return {
        "empty": (write("e.wav", b""), 400, "/problems/empty-audio"),
        "no samples": (
            write_wav(tmp_path / "n.wav", [np.zeros(0, np.float32)]),
            400,
            "/problems/empty-audio",
        ),
        "text": (write("t.wav", b"Dear Sir or Madam. " * 99), 415, "/problems/unsupported-media"),
        "picture": (
            write("p.mp3", b"\x89PNG\r\n\x1a\n" + bytes(500)),
            415,
            "/problems/unsupported-media",
        ),
        "silent video": (
            write_silent_video(tmp_path / "v.mp4"),
            400,
            "/problems/no-audio-stream",
        ),
        "no index": (
            write("cut.m4a", whole.read_bytes()[: whole.stat().st_size // 2]),
            400,
            "/problems/unreadable-audio",
        ),
    }


def test_each_bad_file_gets_its_own_problem_type_and_leaves_no_file(
    services: Services,
    bad_files: dict[str, tuple[Path, int, str]],
    left_behind: Callable[[], set[Path]],
) -> None:
    answers = {kind: send(services.backend.url, path) for kind, (path, _, _) in bad_files.items()}
    for kind, (_, status, problem_type) in bad_files.items():
        problem = answers[kind].json()
        assert (answers[kind].status_code, problem["type"]) == (status, problem_type), kind
        assert problem["detail"]
        assert problem["request_id"] == answers[kind].headers["X-Request-ID"]
    assert not left_behind()


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"normalisation": "peak"}, "/normalisation"),
        ({"normalization": "loud"}, "/normalization"),
        ({"normalization": "peak", "target_lufs": -20}, "/target_lufs"),
        ({"target_peak": 0.5}, "/target_peak"),
        ({"normalization": "rms", "target_dbfs": 0}, "/target_dbfs"),
        ({"chunk_length_s": 31}, "/chunk_length_s"),
        ({"chunk_length_s": "nan"}, "/chunk_length_s"),
        ({"language": "xx"}, "/language"),
        ({"beam_size": 0}, "/beam_size"),
        ({"temperature": "hot"}, "/temperature"),
    ],
)
def test_an_invalid_option_is_named_and_leaves_no_file(
    services: Services,
    tmp_path: Path,
    options: dict[str, object],
    pointer: str,
    left_behind: Callable[[], set[Path]],
) -> None:
    answer = send(services.backend.url, write_wav(tmp_path / "a.wav", [tone(1)]), **options)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not left_behind()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\x00b\r\nX-Evil: 1.wav", "C:\\x\\y.wav", "." * 300, "🎙️/я.wav"]
)
def test_a_malicious_file_name_is_shown_cleaned(
    services: Services, tmp_path: Path, name: str
) -> None:
    path = write_wav(tmp_path / "a.wav", [np.zeros(16_000, np.float32)])
    answer = httpx.post(
        f"{services.backend.url}/v1/transcriptions", files={"file": (name, path.read_bytes())}
    )
    assert answer.status_code == 202
    name_shown = answer.json()["file"]["name"]
    assert name_shown
    assert len(name_shown) <= 255
    assert not set("/\\\x00\r\n") & set(name_shown)


def test_an_hour_of_silence_gives_an_empty_transcript(services: Services, tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "s.flac", np.zeros(3600 * 16_000, np.float32), "flac")
    job = transcribe(services.backend.url, path)
    assert job.status is JobStatus.COMPLETED
    assert job.result is not None
    assert (job.result.text, job.result.segments, job.result.duration_s) == ("", [], 3600)


def test_the_beginning_of_a_truncated_recording_is_transcribed(
    services: Services, tmp_path: Path, left_behind: Callable[[], set[Path]]
) -> None:
    speech = russian_sentences(1)[0].path.read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(speech[: len(speech) * 2 // 3])
    job = transcribe(services.backend.url, cut)
    assert job.status is JobStatus.COMPLETED
    assert job.warnings == [JobWarning.TRUNCATED]
    assert job.result is not None
    assert job.result.text
    assert not left_behind()
