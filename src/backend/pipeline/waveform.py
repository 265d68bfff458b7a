"""How a recording looks: the loudest sample of each stretch of it."""

import math

import numpy as np

from backend.pipeline.pcm import PcmRecording
from backend.pipeline.resample import Samples
from contracts.audio import SAMPLE_RATE
from contracts.recordings import MAX_PEAKS, Waveform

_BLOCK_SAMPLES = 30 * SAMPLE_RATE
_DIGITS = 3
"""Of a peak: finer than any page can draw."""


def waveform_of(recording: PcmRecording) -> Waveform:
    """Return the peaks of a recording, `MAX_PEAKS` at most."""
    bucket = max(1, math.ceil(recording.n_samples / MAX_PEAKS))
    # whole buckets at once, so that none is cut in two
    blocks = recording.blocks(bucket * math.ceil(_BLOCK_SAMPLES / bucket))
    peaks = [peak for block in blocks for peak in _peaks(block, bucket)]
    return Waveform(bucket_s=bucket / SAMPLE_RATE, peaks=peaks)


def amplified(waveform: Waveform, gain_db: float) -> Waveform:
    """Return how a recording looks after a gain; the limiter holds it below full scale."""
    gain = 10 ** (gain_db / 20)
    peaks = [round(min(1.0, peak * gain), _DIGITS) for peak in waveform.peaks]
    return Waveform(bucket_s=waveform.bucket_s, peaks=peaks)


def _peaks(samples: Samples, bucket: int) -> list[float]:
    starts = np.arange(0, samples.size, bucket)
    peaks = np.maximum.reduceat(np.abs(samples), starts)
    return [round(peak, _DIGITS) for peak in peaks.tolist()]
