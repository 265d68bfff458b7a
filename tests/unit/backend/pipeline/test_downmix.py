"""If these fail, a voice on one channel or in opposite phase is attenuated or lost."""

import numpy as np
import pytest

from audio_files import noise, tone
from backend.pipeline.downmix import downmix_weights


def weights(*channels: np.ndarray) -> np.ndarray:
    block = np.stack(channels, axis=1)
    return downmix_weights([block[:8_000], block[8_000:]], len(channels))


def test_speech_on_one_channel_keeps_its_level() -> None:
    silence = np.zeros(16_000, np.float32)
    assert weights(silence, tone(1)).tolist() == [0, 1]


def test_a_noisy_channel_does_not_attenuate_the_other() -> None:
    assert weights(tone(1), noise(1, level=0.002)).tolist() == [1, 0]


def test_a_pair_in_opposite_phase_does_not_cancel() -> None:
    left = noise(1)
    mixed = np.stack([left, -left], axis=1) @ weights(left, -left)
    assert np.abs(mixed) == pytest.approx(np.abs(left), abs=1e-6)


def test_two_speakers_are_both_kept() -> None:
    assert weights(noise(1, seed=1), noise(1, seed=2)).tolist() == [0.5, 0.5]


def test_silence_on_all_channels_stays_silence() -> None:
    silence = np.zeros(16_000, np.float32)
    assert np.isfinite(weights(silence, silence)).all()
