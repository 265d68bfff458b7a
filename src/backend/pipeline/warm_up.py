"""Loads ahead of the first recording what is imported where it is used first."""

import librosa
import numpy as np

from backend.pipeline.normalize import loudness_lufs, true_peaks
from contracts.audio import SAMPLE_RATE


def warm_up() -> None:
    """Do with a second of silence what is done with speech: the imports take seconds."""
    silence = np.zeros(SAMPLE_RATE, np.float32)
    loudness_lufs([silence])
    true_peaks(silence)
    librosa.feature.rms(y=silence)
