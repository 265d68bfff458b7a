"""Recordings of the corpus as an engine is given them."""

import wave

import numpy as np

from llm.engines.protocol import Samples
from testbed.speech import Sentence


def pcm_of(recording: Sentence) -> bytes:
    """Return a recording as it is sent to the service; 16 kHz mono."""
    with wave.open(str(recording.path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return file.readframes(file.getnframes())


def samples_of(recording: Sentence) -> Samples:
    """Return a recording as an engine is given it."""
    return np.frombuffer(pcm_of(recording), "<i2").astype(np.float32) / 32768
