"""Recordings of the corpus as PCM and as samples."""

import wave

import numpy as np

from llm.engines.protocol import Samples
from testbed.speech import Sentence


def pcm_of(recording: Sentence) -> bytes:
    """Return the PCM to send to the service: s16le, 16 kHz, mono."""
    with wave.open(str(recording.path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return file.readframes(file.getnframes())


def samples_of(recording: Sentence) -> Samples:
    """Return the samples to pass to an engine."""
    return np.frombuffer(pcm_of(recording), "<i2").astype(np.float32) / 32768
