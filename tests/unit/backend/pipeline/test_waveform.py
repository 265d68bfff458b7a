"""If these fail, the page draws a recording's waveform wrongly."""

from pathlib import Path

import numpy as np
import pytest

from audio_files import Signal
from backend.pipeline.pcm import PcmRecording, PcmWriter
from backend.pipeline.waveform import amplified, waveform_of
from contracts.audio import SAMPLE_RATE
from contracts.recordings import MAX_PEAKS


def record(path: Path, *parts: Signal) -> PcmRecording:
    with PcmWriter(path) as writer:
        for part in parts:
            writer.write(part)
        return writer.recording()


@pytest.mark.parametrize("n_samples", [1, 999, 1000, 1001, 16_000, 31 * 16_000 + 7])
def test_every_sample_counts_and_the_number_of_peaks_is_limited(
    tmp_path: Path, n_samples: int
) -> None:
    """The loudest sample may lie anywhere, even in the partial last bucket."""
    samples = np.linspace(0, 0.9, n_samples, dtype=np.float32) if n_samples > 1 else np.ones(1)
    waveform = waveform_of(record(tmp_path / "a.pcm", np.float32(samples)))
    assert len(waveform.peaks) <= MAX_PEAKS
    assert waveform.peaks[-1] == max(waveform.peaks) == pytest.approx(samples[-1], abs=1e-3)
    n_buckets = n_samples / SAMPLE_RATE / waveform.bucket_s
    assert len(waveform.peaks) == int(np.ceil(round(n_buckets, 6)))


def test_a_click_appears_at_its_time_in_a_long_recording(tmp_path: Path) -> None:
    """Buckets split at a block's border would shift everything after it."""
    minute = np.zeros(60 * SAMPLE_RATE, np.float32)
    with_click = minute.copy()
    with_click[30 * SAMPLE_RATE] = -0.75
    waveform = waveform_of(record(tmp_path / "a.pcm", *[minute] * 9, with_click))
    (index,) = np.flatnonzero(waveform.peaks)
    assert index * waveform.bucket_s == pytest.approx(570, abs=waveform.bucket_s)
    assert waveform.peaks[index] == 0.75


def test_a_gain_scales_the_peaks_up_to_full_scale(tmp_path: Path) -> None:
    waveform = waveform_of(record(tmp_path / "a.pcm", np.float32([0.1, -0.5, 0.0])))
    louder = amplified(waveform, 20 * np.log10(3))
    assert louder.peaks == [0.3, 1.0, 0.0]
    assert louder.bucket_s == waveform.bucket_s
    assert amplified(waveform, 0.0) == waveform
