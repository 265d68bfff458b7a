"""Normalises the loudness of speech with one gain for the whole recording.

The level is measured over the speech spans only, so that neither pauses nor a slammed door
affect the gain; the gain is applied chunk by chunk, followed by a limiter.

`scipy.signal`, which pyloudnorm needs too, is imported on first use because it would double
the backend's start-up time; `warm_up.py` loads it once the backend has started.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, reduce
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from backend.pipeline.pcm import PcmRecording
from backend.pipeline.resample import Samples
from backend.pipeline.spans import SpeechSpan
from contracts.audio import SAMPLE_RATE, NormalizationMethod, NormalizationOptions

if TYPE_CHECKING:
    from pyloudnorm.iirfilter import IIRfilter

MAX_GAIN_DB = 40.0
"""A higher gain would amplify the noise of a silent recording."""

CEILING = 1.0
"""0 dBTP, so that nothing clips. Broadcasting's -1 dBTP allows for lossy coding, unused here."""

_EVEN_PEAK = 0.5

OVERSAMPLING = 4
"""Source: ITU-R BS.1770-4, annex 2: true peaks are measured at four times the rate or more."""

_MAX_OVERSHOOT = 2.25
"""A true peak is at most this many times as high as the largest sample: the sum of the absolute
coefficients of the filter that interpolates, 2.2415."""

_LIMITER_RADIUS = int(0.005 * SAMPLE_RATE)
_BLOCK_SAMPLES = 30 * SAMPLE_RATE

# Source: ITU-R BS.1770-4: gating blocks of 400 ms with 75 % overlap, the offset of the loudness
# formula, the absolute and the relative gate.
_GATING_HOP = SAMPLE_RATE // 10
_HOPS_PER_BLOCK = 4
_LOUDNESS_OFFSET_DB = -0.691
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_DB = -10.0


def speech_gain_db(
    recording: PcmRecording, spans: Sequence[SpeechSpan], options: NormalizationOptions
) -> float:
    """Return the gain that brings the speech to the target of the chosen method.

    Returns:
        dB, at most `MAX_GAIN_DB`; 0 for the method `none` and for a recording without speech.
    """
    return gain_db(speech_level_db(recording, spans, options.normalization), options)


def speech_level_db(
    recording: PcmRecording, spans: Sequence[SpeechSpan], method: NormalizationMethod
) -> float | None:
    """Return the level of the speech as the method measures it.

    Returns:
        dBFS or LUFS; None for the method `none`, silence, and a recording without speech.
    """
    match method:
        case NormalizationMethod.PEAK:
            return peak_db(_speech(recording, spans))
        case NormalizationMethod.RMS:
            return rms_dbfs(_speech(recording, spans))
        case NormalizationMethod.LUFS:
            return loudness_lufs(_speech(recording, spans))
        case NormalizationMethod.NONE:
            return None


def gain_db(level_db: float | None, options: NormalizationOptions) -> float:
    """Return the gain from a level, measured with the chosen method, to its target.

    Returns:
        dB, at most `MAX_GAIN_DB`; 0 without a level or a target.
    """
    target_db = _target_db(options)
    if level_db is None or target_db is None:
        return 0.0
    return min(target_db - level_db, MAX_GAIN_DB)


def _target_db(options: NormalizationOptions) -> float | None:
    if options.target_peak is not None:
        return _db(options.target_peak)
    return options.target_lufs if options.target_dbfs is None else options.target_dbfs


def at_even_level(samples: Samples) -> Samples:
    """Return samples with a peak of 0.5; silence stays as it is.

    It costs less than the gain of the speech, for networks that ignore the level anyway.
    """
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(_EVEN_PEAK / peak) if peak else samples


def apply_gain(samples: Samples, gain_db: float | Samples) -> Samples:
    """Return amplified samples, limited so that no true peak exceeds full scale.

    Args:
        gain_db: of all samples, or of each.
    """
    factor = np.power(10.0, np.asarray(gain_db) / 20).astype(np.float32)
    return limit_true_peak(samples * factor)


def _speech(recording: PcmRecording, spans: Iterable[SpeechSpan]) -> Iterator[Samples]:
    for span in spans:
        yield from recording.blocks(_BLOCK_SAMPLES, span.start, span.end)


def _db(amplitude: float) -> float:
    return float(20 * np.log10(amplitude))


def peak_db(blocks: Iterable[Samples]) -> float | None:
    """Return the level of the largest sample in dBFS; None if all samples are 0."""
    peak = max((float(np.abs(block).max()) for block in blocks if block.size), default=0.0)
    return _db(peak) if peak > 0 else None


def rms_dbfs(blocks: Iterable[Samples]) -> float | None:
    """Return the mean power in dBFS; None if all samples are 0."""
    energy, n_samples = 0.0, 0
    for block in blocks:
        energy += float(np.dot(block, block.astype(np.float64)))
        n_samples += block.size
    return _db(np.sqrt(energy / n_samples)) if energy > 0 else None


def loudness_lufs(blocks: Iterable[Samples]) -> float | None:
    """Return the integrated loudness of consecutive blocks.

    Returns:
        LUFS; None when everything is below the absolute gate.

    Source: ITU-R BS.1770-4 and EBU R 128, for one channel.
    """
    hops = _hop_powers(blocks)
    if 0 < hops.size < _HOPS_PER_BLOCK:  # shorter than a gating block: use the mean
        hops = np.full(_HOPS_PER_BLOCK, hops.mean())
    if hops.size == 0:
        return None
    powers = np.convolve(hops, np.full(_HOPS_PER_BLOCK, 1 / _HOPS_PER_BLOCK), mode="valid")
    audible = powers[powers > _power_of(_ABSOLUTE_GATE_LUFS)]
    if audible.size == 0:
        return None
    gate = _power_of(_lufs(float(audible.mean())) + _RELATIVE_GATE_DB)
    return _lufs(float(audible[audible > gate].mean()))


def _lufs(power: float) -> float:
    return float(_LOUDNESS_OFFSET_DB + 10 * np.log10(power))


def _power_of(lufs: float) -> float:
    return float(10 ** ((lufs - _LOUDNESS_OFFSET_DB) / 10))


@cache
def _k_weighting() -> "tuple[IIRfilter, IIRfilter]":
    """Return both stages of the filter. Source: ITU-R BS.1770-4, annex 1."""
    from pyloudnorm.iirfilter import IIRfilter  # noqa: PLC0415

    return (
        IIRfilter(4.0, 1 / np.sqrt(2), 1500.0, SAMPLE_RATE, "high_shelf"),
        IIRfilter(0.0, 0.5, 38.0, SAMPLE_RATE, "high_pass"),
    )


def _hop_powers(blocks: Iterable[Samples]) -> npt.NDArray[np.float64]:
    """Return the K-weighted mean power of each 100 ms; filter states carry over between blocks."""
    from scipy.signal import lfilter  # noqa: PLC0415

    stages = _k_weighting()
    states = [np.zeros(max(len(stage.a), len(stage.b)) - 1) for stage in stages]
    powers: list[npt.NDArray[np.float64]] = []
    rest = np.zeros(0)
    for block in blocks:
        weighted = block.astype(np.float64)
        for index, stage in enumerate(stages):
            weighted, states[index] = lfilter(stage.b, stage.a, weighted, zi=states[index])
        rest = np.concatenate([rest, weighted])
        whole = rest.size // _GATING_HOP * _GATING_HOP
        powers.append(np.square(rest[:whole]).reshape(-1, _GATING_HOP).mean(axis=1))
        rest = rest[whole:]
    if not any(part.size for part in powers) and rest.size:
        return np.array([np.square(rest).mean()])
    return np.concatenate(powers) if powers else np.zeros(0)


def true_peaks(samples: Samples) -> Samples:
    """Return, for each sample, the largest absolute value of the signal up to the next sample."""
    from scipy.signal import resample_poly  # noqa: PLC0415

    oversampled = np.abs(resample_poly(samples, OVERSAMPLING, 1))
    phases = (oversampled[phase::OVERSAMPLING] for phase in range(OVERSAMPLING))
    return reduce(np.maximum, phases).astype(np.float32)


def limit_true_peak(samples: Samples, ceiling: float = CEILING) -> Samples:
    """Attenuate the signal around peaks above the ceiling and nowhere else.

    The gain is the smallest one needed within 5 ms, smoothed over the same 5 ms: no peak gets
    more than it may have, and the gain changes slowly enough to be inaudible.
    """
    if np.abs(samples).max(initial=0.0) * _MAX_OVERSHOOT <= ceiling:
        return samples
    peaks = true_peaks(samples)
    if peaks.max() <= ceiling:
        return samples
    max_gain = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    lowest_gain = minimum_filter1d(max_gain, 2 * _LIMITER_RADIUS + 1)
    gain = uniform_filter1d(lowest_gain, 2 * _LIMITER_RADIUS + 1)
    return (samples * gain).astype(np.float32)
