"""If these fail, quiet speech stays quiet, silence is amplified, or speech clips."""

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from audio_files import noise, tone
from backend.pipeline.normalize import (
    MAX_GAIN_DB,
    OVERSAMPLING,
    apply_gain,
    limit_true_peak,
    loudness_lufs,
    speech_gain_db,
    true_peaks,
)
from backend.pipeline.pcm import PcmRecording, PcmWriter
from backend.pipeline.spans import SpeechSpan
from contracts.audio import NormalizationOptions


def recording(tmp_path: Path, samples: np.ndarray) -> PcmRecording:
    with PcmWriter(tmp_path / "a.pcm") as writer:
        writer.write(samples)
        return writer.recording()


def speech_like(duration_s: float) -> np.ndarray:
    """Return noise whose level varies like syllables and pauses."""
    level = 0.02 + 0.3 * np.abs(np.sin(np.arange(round(duration_s * 16_000)) / 5_000))
    return noise(duration_s, level=0.3) * level.astype(np.float32)


def test_loudness_equals_that_of_the_reference_implementation() -> None:
    samples = speech_like(20)
    blocks = np.array_split(samples, 7)
    reference = pyloudnorm.Meter(16_000).integrated_loudness(samples.astype(np.float64))
    assert loudness_lufs(blocks) == pytest.approx(reference, abs=0.05)


def test_loudness_of_a_tenth_of_a_second_is_finite() -> None:
    assert loudness_lufs([tone(0.1)]) == pytest.approx(loudness_lufs([tone(3)]), abs=1.0)


@pytest.mark.parametrize(
    ("options", "measure"),
    [
        ({"normalization": "lufs", "target_lufs": -23}, lambda x: loudness_lufs([x])),
        (
            {"normalization": "rms", "target_dbfs": -26},
            lambda x: 10 * np.log10(np.square(x).mean()),
        ),
        (
            {"normalization": "peak", "target_peak": 0.5},
            lambda x: 20 * np.log10(np.abs(x).max() / 0.5),
        ),
    ],
)
def test_speech_reaches_the_target_of_the_method(tmp_path: Path, options: dict, measure) -> None:
    wanted = {"lufs": -23, "rms": -26, "peak": 0}[options["normalization"]]
    samples = speech_like(5)
    source = recording(tmp_path, samples)
    span = [SpeechSpan(0, source.n_samples)]
    gain_db = speech_gain_db(source, span, NormalizationOptions(**options))
    assert measure(apply_gain(samples, gain_db)) == pytest.approx(wanted, abs=0.1)


def test_only_the_speech_is_measured(tmp_path: Path) -> None:
    speech, slam = tone(2, level=0.05), np.full(1_600, 0.99, np.float32)
    source = recording(tmp_path, np.concatenate([slam, speech]))
    options = NormalizationOptions(normalization="peak", target_peak=0.5)
    gain_db = speech_gain_db(source, [SpeechSpan(1_600, source.n_samples)], options)
    assert gain_db == pytest.approx(20, abs=0.1)


def test_the_method_none_leaves_the_level_unchanged(tmp_path: Path) -> None:
    source = recording(tmp_path, tone(1, level=0.01))
    options = NormalizationOptions(normalization="none")
    assert speech_gain_db(source, [SpeechSpan(0, 16_000)], options) == 0


@pytest.mark.parametrize("method", ["peak", "rms", "lufs"])
def test_silence_is_not_amplified(tmp_path: Path, method: str) -> None:
    options = NormalizationOptions(normalization=method)
    silent = recording(tmp_path, np.zeros(32_000, np.float32))
    assert speech_gain_db(silent, [], options) == 0
    assert speech_gain_db(silent, [SpeechSpan(0, 32_000)], options) == 0
    hiss = recording(tmp_path, noise(2, level=1e-4))
    assert speech_gain_db(hiss, [SpeechSpan(0, 32_000)], options) <= MAX_GAIN_DB


def test_the_limiter_prevents_clipping_and_leaves_the_rest_unchanged() -> None:
    samples = np.concatenate([tone(1, level=0.3), tone(0.01, level=3.0), tone(1, level=0.3)])
    limited = limit_true_peak(samples)
    assert np.abs(limited).max() <= 1.0
    assert true_peaks(limited).max() <= 1.05  # the gain changes between samples
    assert limited[:15_000] == pytest.approx(samples[:15_000])


def test_no_signal_that_clips_between_its_samples_is_left_as_it_is() -> None:
    """The worst one is as high as the filter that interpolates it allows."""
    impulse = np.zeros(64, np.float32)
    impulse[32] = 1
    responses = resample_poly(impulse, OVERSAMPLING, 1).reshape(-1, OVERSAMPLING)
    for phase in responses.T:
        worst = np.sign(phase[::-1]).astype(np.float32)
        worst /= true_peaks(worst).max()
        assert np.array_equal(limit_true_peak(0.99 * worst), np.float32(0.99) * worst)
        assert np.abs(limit_true_peak(1.005 * worst)).max() < 1.005 * np.abs(worst).max()
