"""If this fails, a long recording can use up the machine's memory."""

import wave
from pathlib import Path

import httpx
import pytest

from contracts.jobs import JobStatus
from integration.client import transcribe
from speech_corpus import russian_sentences
from testbed.instant_llm import instant_llm
from testbed.services import Service, free_port, running_service
from testbed.speech import concatenated

pytestmark = pytest.mark.slow

ALLOWED_GROWTH_BYTES = 50 * 2**20


def repeated(recording: Path, duration_s: int, target: Path) -> Path:
    """Write a recording repeatedly until the file lasts `duration_s`."""
    with wave.open(str(recording)) as source, wave.open(str(target), "wb") as file:
        file.setparams(source.getparams())
        frames = source.readframes(source.getnframes())
        for _ in range(-(-duration_s * source.getframerate() // source.getnframes())):
            file.writeframes(frames)
    return target


def peak_bytes(backend: Service) -> int:
    lines = httpx.get(f"{backend.url}/metrics").text.splitlines()
    (line,) = (one for one in lines if one.startswith("process_peak_resident_memory_bytes "))
    return int(float(line.split()[1]))


def test_three_hours_need_no_more_memory_than_ten_minutes(tmp_path: Path) -> None:
    speech = concatenated(russian_sentences(10), pause_s=0.5)
    port = free_port()
    with (
        instant_llm(port),
        running_service("backend", tmp_path, LLM_URL=f"http://127.0.0.1:{port}") as backend,
    ):
        peaks = []
        for duration_s in (600, 3 * 3600):
            recording = repeated(speech, duration_s, tmp_path / f"{duration_s}.wav")
            job = transcribe(backend.url, recording)
            assert job.status is JobStatus.COMPLETED, job.error
            assert job.progress.chunks_done > duration_s / 30
            peaks.append(peak_bytes(backend))
    assert peaks[1] - peaks[0] <= ALLOWED_GROWTH_BYTES
