"""Loads modules that the pipeline imports on first use, before the first recording arrives."""

import librosa
import numpy as np

from backend.pipeline.normalize import loudness_lufs, true_peaks
from contracts.audio import SAMPLE_RATE


def warm_up() -> None:
    """Process a second of silence like speech: the imports that this triggers take seconds."""
    silence = np.zeros(SAMPLE_RATE, np.float32)
    loudness_lufs([silence])
    true_peaks(silence)
    librosa.feature.rms(y=silence)
