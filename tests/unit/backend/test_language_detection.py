"""If these fail, the language of a film is guessed from its music, or files are left behind."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio_files import noise, write_wav
from backend.errors import UnsupportedMediaError
from backend.language_detection import SEARCHED_S, LanguageDetector
from backend.media_decoder import MediaDecoder
from backend.pipeline.prepare import DecodedMedia
from backend.storage.disk import Disk
from backend.storage.work_folder import WorkFolder
from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from contracts.models import ModelIdentity
from contracts.options import ChunkOptions
from contracts.transcription import ChunkTimings, ChunkTranscript


class RecordingLlm:
    """Remembers the chunk that it gets."""

    pcm = b""
    options: ChunkOptions | None = None

    async def transcribe(self, pcm: bytes, options: ChunkOptions) -> ChunkTranscript:
        self.pcm, self.options = pcm, options
        return ChunkTranscript(
            text="",
            language="kk",
            language_probability=0.75,
            duration_s=1,
            segments=[],
            model=ModelIdentity(name="m", revision="", engine="", device=""),
            timings=ChunkTimings(queue_s=0, inference_s=0, batch_size=1),
        )


@pytest.fixture
def llm() -> RecordingLlm:
    return RecordingLlm()


@pytest.fixture
def detector(tmp_path: Path, llm: RecordingLlm):
    disk = Disk(tmp_path, 0)
    work = WorkFolder(tmp_path / "work", disk, 10**9)
    with work.owned():
        yield LanguageDetector(MediaDecoder(disk, 3600.0), work, llm)


async def test_a_recording_without_speech_is_judged_by_its_first_window(
    detector: LanguageDetector, llm: RecordingLlm, tmp_path: Path
) -> None:
    path = write_wav(tmp_path / "a.wav", [np.zeros(40 * SAMPLE_RATE, np.float32)])
    assert await detector.detect(path) == ("kk", 0.75)
    assert len(llm.pcm) == 30 * SAMPLE_RATE * SAMPLE_WIDTH_BYTES
    assert llm.options is not None
    assert llm.options.language == "auto"
    assert llm.options.language_only  # a text that nobody reads takes ten times as long


async def test_only_the_searched_part_is_decoded(
    detector: LanguageDetector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a film of two hours is decoded for its first minutes."""
    lengths: list[float] = []
    decode = detector._decoder.decode

    async def measured(*arguments: Any, **options: Any) -> DecodedMedia:
        decoded = await decode(*arguments, **options)
        lengths.append(decoded.recording.duration_s)
        return decoded

    monkeypatch.setattr(detector._decoder, "decode", measured)
    silence = np.zeros(round((SEARCHED_S + 300) * SAMPLE_RATE), np.float32)
    await detector.detect(write_wav(tmp_path / "a.wav", [silence]))
    assert SEARCHED_S <= lengths[0] < SEARCHED_S + 5


async def test_no_file_is_left_behind(detector: LanguageDetector, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", [noise(1.0)])
    await detector.detect(path)
    text = tmp_path / "b.wav"
    text.write_text("Dear Sir or Madam. " * 50)
    with pytest.raises(UnsupportedMediaError):
        await detector.detect(text)
    assert [each for each in tmp_path.rglob("*") if each.suffix != ".lock"] == [tmp_path / "work"]
