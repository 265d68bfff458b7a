"""If these fail, resampling adds aliases, changes the speed, or depends on the block size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_files import noise, tone
from backend.pipeline.resample import StreamResampler


def resample(samples: np.ndarray, source_rate: int, block: int) -> np.ndarray:
    resampler = StreamResampler(source_rate)
    parts = [
        resampler.push(samples[start : start + block]) for start in range(0, samples.size, block)
    ]
    return np.concatenate([*parts, resampler.finish()])


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000]),
    st.integers(1, 30_000),
    st.integers(100, 40_000),
)
def test_the_length_is_right_and_block_sizes_make_no_difference(
    source_rate: int, n_samples: int, block: int
) -> None:
    samples = noise(1, n_samples)
    whole = resample(samples, source_rate, n_samples)
    assert abs(whole.size - n_samples * 16_000 / source_rate) <= 1
    assert resample(samples, source_rate, block) == pytest.approx(whole, abs=1e-4)


@pytest.mark.parametrize("source_rate", [22_050, 44_100, 48_000, 96_000])
def test_frequencies_above_8_khz_are_not_aliased(source_rate: int) -> None:
    above = tone(1, source_rate, hertz=min(10_000, source_rate * 0.45))
    assert np.abs(resample(above, source_rate, 4_096)[800:-800]).max() < 1e-3


@pytest.mark.parametrize("source_rate", [8_000, 44_100, 48_000])
def test_speech_frequencies_pass_unchanged(source_rate: int) -> None:
    below = resample(tone(1, source_rate, hertz=3_000), source_rate, 4_096)
    assert below[800:-800] == pytest.approx(tone(1, hertz=3_000)[800 : below.size - 800], abs=5e-3)
