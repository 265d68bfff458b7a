"""Raises the speech of a quieter party, such as the far end of a call recorded on one channel.

Each utterance is compared with the speech of the whole recording. One that is much quieter gets
a gain of its own; the gain changes in the pauses around it, never within it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backend.pipeline.normalize import rms_dbfs
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.regions import utterances
from backend.pipeline.spans import SpeechSpan, TimeSpan
from contracts.audio import SAMPLE_RATE, NormalizationMethod

TOLERANCE_DB = 8.0
"""Utterances of one speaker differ by this much; they keep their dynamics."""

MAX_RAISE_DB = 20.0
"""More would raise a murmur in the background."""

_BLOCK_SAMPLES = 30 * SAMPLE_RATE
_SILENT_DBFS = -100.0

_RAMP_S = 0.2
"""The gain changes within this time before and after an utterance."""

UtteranceGain = tuple[int, int, float]
"""Samples [start, end), and dB."""


def utterance_gains(
    recording: PcmRecording, spans: Sequence[SpeechSpan], method: NormalizationMethod
) -> list[UtteranceGain]:
    """Return the additional gain of each utterance that is much quieter than the recording.

    Returns: in order; none for the method `none`.
    """
    if method is NormalizationMethod.NONE or not spans:
        return []
    speech = [TimeSpan(span.start / SAMPLE_RATE, span.end / SAMPLE_RATE) for span in spans]
    levels = [(each, _level_dbfs(recording, each)) for each in utterances(speech)]
    usual_db = _mean_db(levels)
    gains: list[UtteranceGain] = []
    for utterance, level_db in levels:
        raised_db = min(usual_db - level_db - TOLERANCE_DB, MAX_RAISE_DB)
        if raised_db > 0:
            start, end = (round(each * SAMPLE_RATE) for each in (utterance.start, utterance.end))
            gains.append((start, end, round(raised_db, 1)))
    return gains


def gain_curve_db(
    gains: Sequence[UtteranceGain], start: int, end: int
) -> npt.NDArray[np.float32] | None:
    """Return the additional gain of samples [start, end) in dB, shape (end - start,).

    Returns: None where there is none.
    """
    ramp = int(_RAMP_S * SAMPLE_RATE)
    near = [gain for gain in gains if gain[0] - ramp < end and gain[1] + ramp > start]
    if not near:
        return None
    times = np.arange(start, end)
    curves = [
        np.interp(times, [first - ramp, first, last, last + ramp], [0.0, raised_db, raised_db, 0.0])
        for first, last, raised_db in near
    ]
    return np.max(curves, axis=0).astype(np.float32)


def _level_dbfs(recording: PcmRecording, utterance: TimeSpan) -> float:
    start, end = (round(each * SAMPLE_RATE) for each in (utterance.start, utterance.end))
    level_db = rms_dbfs(recording.blocks(_BLOCK_SAMPLES, start, end))
    return _SILENT_DBFS if level_db is None else level_db


def _mean_db(levels: Sequence[tuple[TimeSpan, float]]) -> float:
    """Return the level of the mean power, each utterance weighted by its length."""
    total_s = sum(each.length_s for each, _ in levels)
    power = sum(each.length_s * 10 ** (level_db / 10) for each, level_db in levels)
    return float(10 * np.log10(power / total_s)) if power else _SILENT_DBFS
