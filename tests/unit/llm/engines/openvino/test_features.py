"""The features equal those that Whisper was trained on."""

import numpy as np
import openvino as ov
import pytest
from transformers import WhisperFeatureExtractor

from llm.engines.openvino.features import LogMelSpectrogram

RNG = np.random.default_rng(0)
SWEEP = np.sin(np.cumsum(np.linspace(0.01, 3.1, 16_000 * 9))).astype(np.float32)
SOUNDS = {
    "noise": RNG.normal(0, 0.1, 16_000 * 5).astype(np.float32),
    "quiet noise": RNG.normal(0, 1e-4, 12_345).astype(np.float32),
    "sweep": SWEEP,
    "clipped": np.clip(RNG.normal(0, 2, 16_000 * 3), -1, 1).astype(np.float32),
    "thirty seconds": np.tile(SWEEP, 4)[: 16_000 * 30],
    "silence": np.zeros(16_000, np.float32),
    "one sample": np.ones(1, np.float32),
}


@pytest.mark.parametrize("n_mels", [80, 128])
@pytest.mark.parametrize("sound", SOUNDS)
def test_features_are_those_of_transformers(n_mels: int, sound: str) -> None:
    samples = SOUNDS[sound]
    extract = WhisperFeatureExtractor(feature_size=n_mels)
    expected = extract([samples], sampling_rate=16_000, return_tensors="np").input_features[0]
    assert np.abs(LogMelSpectrogram(ov.Core(), n_mels)(samples, 3000) - expected).max() < 1e-4


def test_a_shorter_window_equals_a_feature_extractor_of_that_length() -> None:
    extract = WhisperFeatureExtractor(feature_size=80, chunk_length=7)
    samples = SOUNDS["noise"]
    expected = extract([samples], sampling_rate=16_000, return_tensors="np").input_features[0]
    assert np.abs(LogMelSpectrogram(ov.Core(), 80)(samples, 700) - expected).max() < 1e-4
