"""Computes the waveform of a recording for display: the peak of each interval."""

import math

import numpy as np

from backend.pipeline.pcm import PcmRecording
from backend.pipeline.resample import Samples
from contracts.audio import SAMPLE_RATE
from contracts.recordings import MAX_PEAKS, Waveform

_BLOCK_SAMPLES = 30 * SAMPLE_RATE
_DIGITS = 3
"""Decimal places of a peak; finer than a page can draw."""


def waveform_of(recording: PcmRecording) -> Waveform:
    """Return the peaks of a recording, at most `MAX_PEAKS`."""
    bucket = max(1, math.ceil(recording.n_samples / MAX_PEAKS))
    # blocks of whole buckets, so that none is split
    blocks = recording.blocks(bucket * math.ceil(_BLOCK_SAMPLES / bucket))
    peaks = [peak for block in blocks for peak in _peaks(block, bucket)]
    return Waveform(bucket_s=bucket / SAMPLE_RATE, peaks=peaks)


def amplified(waveform: Waveform, gain_db: float) -> Waveform:
    """Return the waveform after a gain and the limiter, which keeps it within full scale."""
    gain = 10 ** (gain_db / 20)
    peaks = [round(min(1.0, peak * gain), _DIGITS) for peak in waveform.peaks]
    return Waveform(bucket_s=waveform.bucket_s, peaks=peaks)


def _peaks(samples: Samples, bucket: int) -> list[float]:
    starts = np.arange(0, samples.size, bucket)
    peaks = np.maximum.reduceat(np.abs(samples), starts)
    return [round(peak, _DIGITS) for peak in peaks.tolist()]
