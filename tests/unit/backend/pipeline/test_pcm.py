"""If these fail, decoded audio is stored or read back wrongly."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from audio_files import noise
from backend.pipeline.pcm import PcmWriter, to_s16le, to_wav


def test_samples_outside_full_scale_are_clipped_not_wrapped() -> None:
    samples = np.array([-2.0, -1.0, 0.0, 1.0, 2.0], np.float32)
    assert np.frombuffer(to_s16le(samples), "<i2").tolist() == [-32768, -32768, 0, 32767, 32767]


def test_a_wav_has_the_samples_mono_at_16_khz() -> None:
    samples = noise(0.1)
    with wave.open(io.BytesIO(to_wav(samples))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        assert file.readframes(file.getnframes()) == to_s16le(samples)


def test_a_recording_is_read_back_in_slices_and_blocks(tmp_path: Path) -> None:
    samples = noise(1)
    with PcmWriter(tmp_path / "a.pcm") as writer:
        writer.write(samples[:5_000])
        writer.write(samples[5_000:])
        recording = writer.recording()
    assert (recording.n_samples, recording.duration_s) == (16_000, 1.0)
    assert recording.peak == pytest.approx(np.abs(samples).max())
    assert recording.read(4_900, 5_100) == pytest.approx(samples[4_900:5_100], abs=1e-4)
    blocks = list(recording.blocks(3_000, start=1_000, end=8_000))
    assert [block.size for block in blocks] == [3_000, 3_000, 1_000]
    assert np.concatenate(blocks) == pytest.approx(samples[1_000:8_000], abs=1e-4)


def test_the_digest_depends_on_the_audio_not_on_the_writes(tmp_path: Path) -> None:
    """Otherwise a recording in another container would not be recognised as the same."""
    samples = noise(1)
    digests: set[str] = set()
    for n_blocks in (1, 7):
        with PcmWriter(tmp_path / f"{n_blocks}.pcm") as writer:
            for block in np.array_split(samples, n_blocks):
                writer.write(block)
            digests.add(writer.recording().sha256)
    assert len(digests) == 1
